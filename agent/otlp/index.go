package otlp

import (
	"cmp"
	"slices"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Attributes that are read beside those of labels.
const (
	serviceName    = "service.name"
	serviceVersion = "service.version"
	exceptionType  = "exception.type"
	eventName      = "event.name" // of logs from before they had a field for it
)

// index says what becomes of what. It is made once and read only.
type index struct {
	products map[string]sources // by service.name
	read     map[string]string  // names of attributes that are read, to themselves
}

// sources are the metrics that one product's telemetry becomes.
type sources map[registry.Source][]*target

// target is a metric, and how its labels are found.
type target struct {
	*registry.Metric
	labels []label // sorted by name
}

type label struct{ name, attribute string }

func newIndex(r *registry.Registry) *index {
	x := &index{products: map[string]sources{}, read: map[string]string{}}
	for _, name := range []string{serviceName, serviceVersion, exceptionType, eventName} {
		x.read[name] = name
	}
	for _, p := range r.Products {
		x.products[p.Name] = sources{}
	}
	for i := range r.Metrics {
		m := &r.Metrics[i]
		if len(m.OTLP) == 0 {
			continue
		}
		t := &target{Metric: m, labels: x.labels(m)}
		for name, of := range x.products {
			if !m.MayReport(name) {
				continue
			}
			for _, s := range m.OTLP {
				of[s] = append(of[s], t)
			}
		}
	}
	return x
}

// labels returns how the labels of a metric are found. The linter refuses
// attributes that may never be mapped; they are left out here as well.
func (x *index) labels(m *registry.Metric) (out []label) {
	for i := range m.Labels {
		l := &m.Labels[i]
		if registry.NeverMapped(l.From()) || l.Format == registry.FormatFrames {
			continue
		}
		x.read[l.From()] = l.From()
		out = append(out, label{l.Name, l.From()})
	}
	slices.SortFunc(out, func(a, b label) int { return cmp.Compare(a.name, b.name) })
	return out
}
