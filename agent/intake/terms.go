package intake

import (
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

// refusing returns the programmes that may not send now.
func (in *Intake) refusing() map[schema.Programme]bool {
	out := map[schema.Programme]bool{}
	for _, p := range in.config.Registry.Programmes {
		if !in.config.MaySend(p.Name) {
			out[p.Name] = true
		}
	}
	return out
}

// MayGo says whether a batch may leave now: everything in it is of a programme
// that is on. One that may not stays where it is until that programme is on
// again. Facets do not count: they are labels of a fragment, and its measures
// say which programme it is of.
func (in *Intake) MayGo(b spool.Batch) (bool, error) {
	refusing := in.refusing()
	if len(refusing) == 0 {
		return true, nil
	}
	metrics, err := metricsOf(b)
	for _, name := range metrics {
		if m, ok := in.config.Registry.Metric(name); !ok || refusing[m.Programme] {
			return false, err // a metric that is not known any more may be of either
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

// apart parts records by whether their programme may send now, so that what
// waits for one programme does not hold the other's back.
func (in *Intake) apart(records []schema.Record) (groups [2][]schema.Record) {
	refusing := in.refusing()
	for _, r := range records {
		group := 0
		if m, ok := in.config.Registry.Metric(r.Metric); ok && refusing[m.Programme] {
			group = 1
		}
		groups[group] = append(groups[group], r)
	}
	return groups
}
