package diagnosis

import (
	"cmp"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/store/insights"
)

// What counts as slow.
const (
	noticeable = 100_000 // µs; below it nobody waits (Nielsen, Usability Engineering, 1993)
	fewest     = 5       // events that a median is taken of
	slowerBy   = 3       // times as long as before, or as usual
)

// slow adds a problem for each operation that takes longer than it should. One
// that fails as well is one problem: who calls says that it is slow and then fails.
func (x *examiner) slow(problems []Problem) []Problem {
	failing := len(problems)
	for _, s := range x.series {
		if s.timing == nil || s.timing.events < fewest || x.products[s.product].version() != s.version {
			continue
		}
		slow, times := x.judge(s)
		if slow == nil {
			continue
		}
		severity := x.severityOfSlow(slow, times)
		if alsoSlow(problems[:failing], slow, severity) {
			continue
		}
		known := x.cfg.Known.ofSlow(slow)
		problems = append(problems, Problem{
			Kind: SlowRunning, Product: s.product, Version: s.version, Slow: slow, Known: known, Last: slow.Last,
			Severity: severity, Sentence: sentenceOfSlow(slow, known),
		})
	}
	slices.SortFunc(problems[failing:], func(a, b Problem) int {
		return cmp.Or(cmp.Compare(b.Slow.Events, a.Slow.Events), byProduct(a.Product, a.Slow.Operation, a.Slow.Metric, b.Product, b.Slow.Operation, b.Slow.Metric),
			cmp.Compare(labelsOf(a.Slow.Labels), labelsOf(b.Slow.Labels)))
	})
	return problems
}

// alsoSlow has the most frequent failure of the same operation say that it is slow
// as well; false when there is none.
func alsoSlow(failing []Problem, s *Slow, severity Severity) bool {
	for i := range failing {
		p := &failing[i]
		if p.Product != s.Product || p.Error.Operation != s.Operation || p.Severity.Level == 4 || p.Slow != nil {
			continue
		}
		p.Slow = s
		end := knownClause(p.Known) + "."
		p.Sentence = strings.TrimSuffix(p.Sentence, end) + slowClause(s) + end
		if severity.Level < p.Severity.Level {
			p.Severity = severity
		}
		return true
	}
	return false
}

// judge says how slow a series is, and how many times as slow as it should be; nil
// when it is not.
func (x *examiner) judge(s *series) (*Slow, float64) {
	median := s.timing.quantile(0.5)
	if median < noticeable {
		return nil, 0
	}
	out := &Slow{
		Product: s.product, Version: s.version, Metric: s.metric, Labels: labelMap(s.labels), Operation: s.timing.operation,
		Events: s.timing.events, Median: median, P95: s.timing.quantile(0.95), Unit: s.of.Unit, Last: moment(s.timing.last),
	}
	times := 0.0
	by := func(usual int64) { times = max(times, float64(median)/float64(max(usual, 1))) }
	is := false
	if usual, ok := x.seriesAtLarge(s.metric, s.version, out.Labels); ok && usual.Spread != nil {
		out.Usual = &usual.Spread.Middle
		if high := usual.Spread.Median.High; high > 0 && !out.Usual.Has(median) && median >= slowerBy*high {
			is = true
			by(high)
		}
	}
	if before, since := x.beforeHere(s); before > 0 && median >= slowerBy*before {
		is, out.Before, out.Since = true, before, since
		by(before)
	}
	if before, since := x.beforeAtLarge(s, median); since != "" {
		is, out.Regressed, out.UsualBefore, out.Since = true, true, &before, since
		by(before.High)
	}
	if !is {
		return nil, 0
	}
	return out, times
}

// beforeHere returns the median of the version that ran before here, and the
// first version since which it is longer; 0 and "" when there is none.
func (x *examiner) beforeHere(s *series) (before int64, since string) {
	since = s.version
	for _, v := range slices.Backward(x.products[s.product].versions) {
		if v.version == s.version {
			continue
		}
		o := x.sameSeries(s, v.version)
		if o == nil || o.timing.events < fewest {
			continue
		}
		median := o.timing.quantile(0.5)
		if slowerBy*median > s.timing.quantile(0.5) {
			since = v.version // it was slow then
			continue
		}
		return max(median, 1), since
	}
	return 0, ""
}

// sameSeries returns the series under another version; nil when there is none.
func (x *examiner) sameSeries(s *series, version string) *series {
	k := append([]byte(s.product+"\x00"+version+"\x00"+s.metric), labelsKey(s.labels)...)
	return x.series[string(k)]
}

// beforeAtLarge returns the usual range of the version after which an operation
// became slow at large, and the first that is slow: the middle halves do not meet,
// and what is slow here was not usual then. "" when there is none.
func (x *examiner) beforeAtLarge(s *series, median int64) (before insights.Range, since string) {
	if x.cfg.Population == nil {
		return before, ""
	}
	of, _ := x.cfg.Population.Of(s.metric)
	labels := labelMap(s.labels)
	var now *insights.Range
	for _, c := range slices.Backward(of.Cells) {
		v, ok := x.seriesAtLarge(s.metric, c.Facets[0], labels)
		if !ok || v.Spread == nil {
			continue
		}
		switch then := v.Spread.Middle; {
		case now == nil && c.Facets[0] != s.version:
			continue // newer than what runs here
		case now == nil:
			now, since = &then, s.version
		case then.High > 0 && now.Low >= then.High:
			if median < then.High {
				return before, "" // it is slow for others
			}
			return then, since
		default:
			since = c.Facets[0]
		}
	}
	return before, ""
}
