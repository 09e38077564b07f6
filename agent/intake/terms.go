package intake

import (
	"slices"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// terms are what records may be taken on, as they were just asked for.
type terms struct {
	collect map[schema.Programme]bool // those that may be collected
	level   schema.Level
	release schema.Release
}

func (in *Intake) terms() terms {
	t := terms{
		collect: map[schema.Programme]bool{}, level: in.config.Level(),
		release: schema.Release(in.config.Release()),
	}
	for _, p := range in.config.Registry.Programmes {
		if in.config.MayCollect(p.Name) {
			t.collect[p.Name] = true
		}
	}
	return t
}

// takes says whether a metric's programme takes part. What no programme has is
// refused for another reason, if any programme takes part.
func (t terms) takes(m *registry.Metric, known bool) bool {
	return len(t.collect) > 0 && (!known || t.collect[m.Programme])
}

// refuses says why a metric is not taken though its programme takes part; "":
// it is taken.
func (t terms) refuses(m *registry.Metric) (reason string) {
	switch {
	case m.Since > t.release:
		return ReasonRelease
	case m.Level == schema.Enhanced && t.level != schema.Enhanced:
		return ReasonLevel
	}
	return ""
}

// holding returns what may not leave now: whether a programme is refused, and
// whether a metric is held, because it is of one that is, or has more detail or
// came with a later release than is allowed by now.
func (in *Intake) holding() (programmes bool, held func(*registry.Metric) bool) {
	refused := map[schema.Programme]bool{}
	for _, p := range in.config.Registry.Programmes {
		if !in.config.MaySend(p.Name) {
			refused[p.Name] = true
		}
	}
	t := terms{level: in.config.Level(), release: schema.Release(in.config.Release())}
	return len(refused) > 0, func(m *registry.Metric) bool { return refused[m.Programme] || t.refuses(m) != "" }
}

// MayGo says whether a batch may leave now: everything in it is of a programme
// that is on, and of the level and release that are allowed. One that may not
// stays where it is until that is so again. Facets do not count: they are labels
// of a fragment, and its measures say which programme it is of.
func (in *Intake) MayGo(b spool.Batch) (bool, error) {
	programmes, held := in.holding()
	if !programmes && !slices.ContainsFunc(in.config.Registry.Metrics, func(m registry.Metric) bool { return held(&m) }) {
		return true, nil
	}
	metrics, err := metricsOf(b)
	for _, name := range metrics {
		m, known := in.config.Registry.Metric(name)
		if known && held(m) || !known && programmes { // what is not known any more may be of either
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
// not hold the others back.
func (in *Intake) apart(records []schema.Record) (groups [2][]schema.Record) {
	_, held := in.holding()
	for _, r := range records {
		group := 0
		if m, ok := in.config.Registry.Metric(r.Metric); ok && held(m) {
			group = 1
		}
		groups[group] = append(groups[group], r)
	}
	return groups
}
