package intake

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// memory is what gathering remembers from cut to cut. The spool writes it with
// the cut, so that it and the batches change together.
type memory struct {
	Facts map[string]string     `json:"facts"` // host facts that are facets, as treated
	Last  map[string]schema.Day `json:"last"`  // the last day that a facet tuple was counted on
	Said  map[string]schema.Day `json:"said"`  // the last day that a fact was counted on
	// Policy is the revision of the site's decision that the records after
	// this cut are taken under.
	Policy uint64 `json:"policy,omitempty"`
}

// forgetSaid is how long a counted fact is remembered: late events are of
// yesterday, or not much older.
const forgetSaid = 40

func readMemory(b []byte) (*memory, error) {
	m := &memory{}
	if len(b) > 0 {
		if err := json.Unmarshal(b, m); err != nil {
			return nil, fmt.Errorf("read what the last cut remembered: %w", err)
		}
	}
	for _, p := range []*map[string]schema.Day{&m.Last, &m.Said} {
		if *p == nil {
			*p = map[string]schema.Day{}
		}
	}
	if m.Facts == nil {
		m.Facts = map[string]string{}
	}
	return m, nil
}

// bytes returns the memory for the spool, without what is long past.
func (m *memory) bytes(today schema.Day) ([]byte, error) {
	maps.DeleteFunc(m.Said, func(_ string, d schema.Day) bool { return d+forgetSaid < today })
	return json.Marshal(m)
}

// see remembers a host fact.
func (m *memory) see(reg *registry.Registry, r *schema.Record) {
	metric, ok := reg.Metric(r.Metric)
	if ok && metric.Category == schema.Configuration && r.Value.Kind == schema.KindText && r.Metric != versionFacet {
		m.Facts[r.Metric] = r.Value.Text
	}
}

// facets returns the values of a facet tuple on this host, for a product.
func (m *memory) facets(names []string, p schema.Product) ([]codec.Pair, bool) {
	out := make([]codec.Pair, 0, len(names))
	for _, name := range names {
		value, ok := m.Facts[name]
		if name == versionFacet {
			value, ok = p.Version, true
		}
		if !ok {
			return nil, false
		}
		out = append(out, codec.Pair{Name: name, Value: value})
	}
	return out, true
}

// saidToday notes that a fact is counted on the fragment's day, and says
// whether it already was.
func (m *memory) saidToday(f *codec.Fragment, r *schema.Record) bool {
	key := r.Metric + "\x00" + fmt.Sprint(r.Value.Any()) + fmt.Sprint(r.Labels) + tupleKey(f.Facets)
	was, ok := m.Said[key]
	if ok && was >= f.Day {
		return true
	}
	m.Said[key] = f.Day
	return false
}

// firsts returns the bits of a tuple's fragment and remembers its day.
func (m *memory) firsts(f *codec.Fragment) codec.First {
	key := tupleKey(f.Facets)
	last, ok := m.Last[key]
	if ok && last >= f.Day {
		return 0
	}
	m.Last[key] = f.Day
	if !ok {
		return codec.FirstToday | codec.FirstThisWeek | codec.FirstThisMonth | codec.FirstEver
	}
	bits := codec.FirstToday
	if week(last) != week(f.Day) {
		bits |= codec.FirstThisWeek
	}
	if last.Month() != f.Day.Month() {
		bits |= codec.FirstThisMonth
	}
	return bits
}

// week returns the Monday that begins the day's ISO week.
func week(d schema.Day) schema.Day {
	return d - schema.Day((d.Time().Weekday()+6)%7)
}
