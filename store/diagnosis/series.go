package diagnosis

import (
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// series is a metric of a product with one set of labels, under one version, and
// all that its records go to.
type series struct {
	product, version, metric string
	of                       *registry.Metric
	labels                   []schema.Label

	fact      *schema.Value // of configuration
	timing    *timing       // of durations, and
	operation *operation    // what was attempted
	counts    *Operation    // under the version
	reading   *reading      // of health
}

// mostLately is how many of a history's series are remembered with the one that they
// belong to: some of its pages'.
const mostLately = 1024

// seriesOf returns the series of a record; nil when its metric is not known, or
// there are too many.
func (x *examiner) seriesOf(r *lookup.Record) *series {
	if s, ok := x.lately[r.Series]; ok {
		return s
	}
	s := x.findSeries(r)
	if s != nil {
		if len(x.lately) == mostLately {
			clear(x.lately)
		}
		x.lately[r.Series] = s
	}
	return s
}

func (x *examiner) findSeries(r *lookup.Record) *series {
	k := append(x.scratch[:0], r.Product.Name...)
	k = append(append(k, 0), r.Product.Version...)
	k = append(append(k, 0), r.Metric...)
	for i := range r.Labels {
		k = append(append(k, 0), r.Labels[i].Name...)
		k = append(append(k, 1), r.Labels[i].Value...)
	}
	x.scratch = k
	if s, ok := x.series[string(k)]; ok {
		return s
	}
	m, ok := x.cfg.Registry.Metric(r.Metric)
	if !ok {
		return nil // of another release: the time line shows it
	}
	if len(x.series) == MaxSeries {
		x.overSeries++
		return nil
	}
	s := &series{product: r.Product.Name, version: r.Product.Version, metric: r.Metric, of: m, labels: r.Labels}
	switch {
	case r.Category == schema.Configuration:
		s.fact = x.fact(r)
	case m.Type == schema.Duration:
		name := x.operationName(r)
		s.timing = &timing{operation: name}
		s.operation = x.operation(s.product, name)
		s.counts = s.operation.of(s.product, s.version, name)
	case r.Category == schema.Engine || r.Category == schema.ApplianceHealth:
		s.reading = &reading{}
	}
	x.series[string(k)] = s
	return s
}

// labelsKey is how labels end a series' key.
func labelsKey(labels []schema.Label) string {
	key := ""
	for i := range labels {
		key += "\x00" + labels[i].Name + "\x01" + labels[i].Value
	}
	return key
}
