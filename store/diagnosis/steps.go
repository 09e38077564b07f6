package diagnosis

import (
	"cmp"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// Bounds of the steps before an error.
const (
	stepsBefore  = 10 * time.Minute
	maxWithSteps = 20 // problems; the others say none
)

// addSteps adds to the first problems what was done before each was last seen.
func (x *examiner) addSteps(problems []Problem) {
	n := 0
	for i := range problems {
		if p := &problems[i]; p.Kind == Failing && n < maxWithSteps {
			p.Steps = x.stepsTo(p.Error)
			n++
		}
	}
}

// stepsTo returns what was done in the minutes before an error was last seen, and
// the error.
func (x *examiner) stepsTo(e *Signature) []Step {
	at := e.Last.Unix()
	end := x.newest(e, at)
	var out []Step
	for i := end; i >= 0 && len(out) <= MaxSteps; i-- {
		r := &x.h.Records[i]
		if r.Time < at-int64(stepsBefore/time.Second) {
			break
		}
		if r.OtherWriter || !x.clock.believes(r.Time) {
			continue
		}
		step, ok := x.step(r)
		if !ok {
			continue
		}
		if n := len(out); n > 0 && out[n-1].What == step.What && out[n-1].Product == step.Product {
			out[n-1].Times += step.Times
			out[n-1].Time = step.Time
			continue
		}
		out = append(out, step)
	}
	if len(out) > MaxSteps {
		out = out[:MaxSteps]
	}
	slices.Reverse(out)
	return out
}

// newest returns the index of the newest record of a signature: of those of its
// second the last.
func (x *examiner) newest(e *Signature, at int64) int {
	rs := x.h.Records
	i := sort.Search(len(rs), func(i int) bool { return rs[i].Time > at }) - 1
	for ; i >= 0 && rs[i].Time == at; i-- {
		if r := &rs[i]; r.Metric == e.Metric && r.Value.Text == e.Code && r.Product.Name == e.Product && !r.OtherWriter {
			return i
		}
	}
	return -1
}

// step returns a record as a step; false when nothing was done.
func (x *examiner) step(r *lookup.Record) (Step, bool) {
	s := Step{Time: moment(r.Time), Category: r.Category, Product: r.Product.Name, Times: uint64(r.Events())}
	m, ok := x.cfg.Registry.Metric(r.Metric)
	if !ok {
		return s, false
	}
	short := strings.TrimPrefix(r.Metric, r.Product.Name+".")
	switch {
	case r.Category == schema.FeatureUsage:
		s.What = strings.TrimSuffix(short, ".used") + valuesOf(r.Labels)
		if r.Value.Kind == schema.KindNumber {
			s.Times = uint64(max(r.Value.Number, 1))
		}
	case r.Category == schema.Performance && m.Type == schema.Duration:
		s.What = words(x.operationName(r)) + " took " + insights.Number(m.Unit, durationOf(m, r.Value))
	case r.Category == schema.ErrorReport:
		s.What = "error " + limited(r.Value.Text)
		for _, l := range r.Labels {
			if l.Name != framesLabel {
				s.What += " " + words(limited(l.Value))
			}
		}
	case r.Category == schema.ProductLog && m.IsText():
		s.What = "log: " + limited(r.Value.Text) + valuesOf(r.Labels)
	default:
		return s, false
	}
	return s, true
}

// valuesOf returns the values of labels, each after a space.
func valuesOf(labels []schema.Label) string {
	out := ""
	for _, l := range slices.SortedFunc(slices.Values(labels), func(a, b schema.Label) int { return cmp.Compare(a.Name, b.Name) }) {
		out += " " + words(limited(l.Value))
	}
	return out
}
