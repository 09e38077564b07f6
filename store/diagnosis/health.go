package diagnosis

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// rare is the share of reports at large up to which a value is out of range.
const rare = 0.02

// stale is how old the latest value may be to be a problem of now.
const stale = 7 * 24 * time.Hour

// reading is the latest value of a series of health.
type reading struct {
	value schema.Value
	at    int64
}

// readHealth keeps the latest value. What adds up has none.
func (x *examiner) readHealth(r *lookup.Record) {
	s := x.seriesOf(r)
	if s == nil || s.reading == nil || s.of.Type == schema.Counter {
		return
	}
	s.reading.value, s.reading.at = r.Value, r.Time
}

// listHealth returns the latest values under the versions of now.
func (x *examiner) listHealth() []Health {
	out := []Health{}
	for _, s := range x.series {
		if s.reading == nil || s.reading.at == 0 || x.products[s.product].version() != s.version {
			continue
		}
		h := Health{
			Product: s.product, Version: s.version, Metric: s.metric, Labels: labelMap(s.labels),
			Value: shownValue(s.of, s.reading.value), Time: moment(s.reading.at),
		}
		h.Usual, h.OutOfRange = x.usual(s)
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Health) int {
		return byProduct(a.Product, a.Metric, labelsOf(a.Labels), b.Product, b.Metric, labelsOf(b.Labels))
	})
	return out
}

// usual returns what is usual of a series at large, and whether its latest value
// is far out.
func (x *examiner) usual(s *series) (string, bool) {
	if s.of.IsText() {
		return x.usualText(s)
	}
	at, ok := x.seriesAtLarge(s.metric, s.version, labelMap(s.labels))
	if !ok || at.Spread == nil {
		return "", false
	}
	i := slices.Index(s.of.BucketNames(), s.reading.value.Text)
	if s.reading.value.Kind == schema.KindNumber {
		i = s.of.BucketIndex(s.reading.value.Number)
	}
	if i < 0 || i >= len(at.Spread.Shares) {
		return "", false
	}
	below, above := 0.0, 0.0
	for j, share := range at.Spread.Shares {
		if j <= i {
			below += share
		}
		if j >= i {
			above += share
		}
	}
	return at.Spread.Most.Text(s.of.Unit), min(below, above) <= rare && !has(at.Spread.Most, s.of, i)
}

// has says whether a range has a bucket.
func has(r insights.Range, m *registry.Metric, bucket int) bool {
	low := int64(0)
	if bucket > 0 {
		low = m.Buckets[bucket-1]
	}
	return r.Has(low)
}

// usualText is usual for a state: the text that most report.
func (x *examiner) usualText(s *series) (string, bool) {
	if x.cfg.Population == nil {
		return "", false
	}
	of, _ := x.cfg.Population.Of(s.metric)
	var all, same, most uint64
	usual := ""
	for _, c := range of.Cells {
		if c.Facets[0] != s.version {
			continue
		}
		for _, o := range c.Series {
			text := o.Labels[registry.ValueLabel]
			rest := maps.Clone(o.Labels)
			delete(rest, registry.ValueLabel)
			if !maps.Equal(rest, labelMap(s.labels)) {
				continue
			}
			all += o.Events
			if text == s.reading.value.Text {
				same = o.Events
			}
			if o.Events > most {
				most, usual = o.Events, text
			}
		}
	}
	return usual, all > 0 && float64(same) <= rare*float64(all)
}

// unhealthy returns a problem for each value that is out of range now.
func (x *examiner) unhealthy(values []Health) (out []Problem) {
	for _, h := range values {
		if !h.OutOfRange || moment(x.through).Sub(h.Time) > stale {
			continue
		}
		out = append(out, Problem{
			Kind: Unhealthy, Product: h.Product, Version: h.Version, Health: &h, Last: h.Time,
			Sentence: fmt.Sprintf("%s%s is out of range on this installation: %s, where %s is usual.", h.Metric, labelsOf(h.Labels), h.Value, h.Usual),
			Severity: Severity{3, "at most one report in fifty at large is as far out; no record says that anything fails because of it"},
		})
	}
	return out
}
