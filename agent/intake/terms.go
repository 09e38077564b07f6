package intake

import (
	"slices"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Terms are what records may be taken and sent on, all as of one moment.
type Terms struct {
	Collect []schema.Programme // whose records may be taken
	Send    []schema.Programme // whose records may leave
	Level   schema.Level       // how much detail the host gives; "": standard
	// Release is the registry's release that participation covers: metrics that
	// came later are refused.
	Release schema.Release
	// Revision is that of the site's decision which is in force, for pages; 0:
	// there is none.
	Revision uint64
}

// takes says whether a metric's programme takes part. What no programme has is
// refused for another reason, if any programme takes part.
func (t *Terms) takes(m *registry.Metric, known bool) bool {
	return len(t.Collect) > 0 && (!known || slices.Contains(t.Collect, m.Programme))
}

// Takes says whether records of a registered metric are taken on these terms.
func (t *Terms) Takes(m *registry.Metric) bool { return t.takes(m, true) && t.refuses(m) == "" }

// refuses says why the terms do not let a metric be taken though its programme
// takes part; "": they do.
func (t *Terms) refuses(m *registry.Metric) (reason string) {
	switch {
	case m.Since > t.Release:
		return ReasonRelease
	case m.Level == schema.Enhanced && t.Level != schema.Enhanced:
		return ReasonLevel
	}
	return ""
}

// holds says whether a metric may not leave now, because it is of a programme
// that is refused, or has more detail or came with a later release than is
// allowed by now.
func (t *Terms) holds(m *registry.Metric) bool {
	return !slices.Contains(t.Send, m.Programme) || t.refuses(m) != ""
}

// holdsAny says whether a programme is refused, and whether any metric is held.
func (in *Intake) holdsAny(t *Terms) (programmes, metrics bool) {
	for _, p := range in.config.Registry.Programmes {
		programmes = programmes || !slices.Contains(t.Send, p.Name)
	}
	for i := range in.config.Registry.Metrics {
		metrics = metrics || t.holds(&in.config.Registry.Metrics[i])
	}
	return programmes, metrics
}

// MayGo says whether a batch may leave now: everything in it is of a programme
// that is on, and of the level and release that are allowed. One that may not
// stays where it is until that is so again. Facets do not count: they are labels
// of a fragment, and its measures say which programme it is of.
func (in *Intake) MayGo(b spool.Batch) (bool, error) {
	t := in.config.Terms()
	programmes, any := in.holdsAny(&t)
	if !programmes && !any {
		return true, nil
	}
	metrics, err := metricsOf(b)
	for _, name := range metrics {
		m, known := in.config.Registry.Metric(name)
		if known && t.holds(m) || !known && programmes { // what is not known any more may be of either
			return false, err
		}
	}
	return err == nil, err
}

// metricsOf reads what a batch holds from the bytes that would be sealed.
func metricsOf(b spool.Batch) ([]string, error) {
	var out []string
	if b.Kind == kindPage {
		p, err := codec.DecodePage(b.Plain)
		for i := range p.Records {
			out = append(out, p.Records[i].Metric)
		}
		return out, err
	}
	f, err := codec.DecodeFragment(b.Plain)
	for i := range f.Values {
		out = append(out, f.Values[i].Metric)
	}
	return out, err
}

// apart parts records by whether they may be sent now, so that what is held does
// not hold the others back. The groups that are not empty are returned.
func (in *Intake) apart(records []schema.Record, t *Terms) [][]schema.Record {
	if _, any := in.holdsAny(t); !any || len(records) == 0 {
		return [][]schema.Record{records}
	}
	var free, held []schema.Record
	for _, r := range records {
		if m, ok := in.config.Registry.Metric(r.Metric); ok && t.holds(m) {
			held = append(held, r)
		} else {
			free = append(free, r)
		}
	}
	return slices.DeleteFunc([][]schema.Record{free, held}, func(g []schema.Record) bool { return len(g) == 0 })
}
