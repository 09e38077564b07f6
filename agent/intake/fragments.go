package intake

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// versionFacet is the facet that stands for the reporting product's version.
const versionFacet = "service.version"

// folder folds records into fragments: one a day and facet tuple.
type folder struct {
	registry *registry.Registry
	memory   *memory
	open     map[string]*codec.Fragment // by day and tuple
	order    []string
}

// fragments folds records; what must be remembered after them goes into mem.
func (in *Intake) fragments(records []schema.Record, mem *memory, today schema.Day) ([]spool.Batch, error) {
	f := &folder{registry: in.config.Registry, memory: mem, open: map[string]*codec.Fragment{}}
	for i := range records {
		f.fold(&records[i])
	}
	var out []spool.Batch
	for _, key := range f.order {
		fragment := f.open[key]
		if len(fragment.Values) == 0 {
			continue
		}
		sortMeasures(fragment.Values)
		fragment.First = mem.firsts(fragment)
		batches, err := packFragment(*fragment, today)
		if err != nil {
			return nil, err
		}
		out = append(out, batches...)
	}
	return out, nil
}

// packFragment makes one batch of a fragment, or halves its measures until
// each half fits an envelope. Only the first half says what it is the first of.
func packFragment(f codec.Fragment, today schema.Day) ([]spool.Batch, error) {
	plain, err := codec.EncodeFragment(f)
	if err == nil && len(plain) <= envelope.MaxPayload {
		return []spool.Batch{{ID: schema.NewBatchID(), Kind: kindFragment, Day: today, Records: len(f.Values), Plain: plain}}, nil
	}
	if len(f.Values) == 1 {
		// One measure of an accepted record fits by its bounds.
		return nil, fmt.Errorf("a fragment of one measure takes %d bytes: %w", len(plain), cmp.Or(err, envelope.ErrTooLong))
	}
	half := len(f.Values) / 2
	rest := f
	f.Values, rest.Values, rest.First = f.Values[:half], f.Values[half:], 0
	first, err := packFragment(f, today)
	if err != nil {
		return nil, err
	}
	second, err := packFragment(rest, today)
	return append(first, second...), err
}

// fold adds one record to every roll-up of its metric.
func (f *folder) fold(r *schema.Record) {
	m, ok := f.registry.Metric(r.Metric)
	if !ok {
		return
	}
	day := schema.DayOf(time.Unix(r.Time, 0))
	for _, roll := range m.Rollups {
		facets, ok := f.memory.facets(roll.Facets, r.Product)
		if !ok {
			continue // a host fact is not known yet; the page has the record all the same
		}
		fragment := f.fragment(day, facets)
		if m.Category == schema.Configuration && f.memory.saidToday(fragment, r) {
			continue // what holds is counted once a day, however often it is looked at
		}
		add(fragment, m, r)
	}
}

func (f *folder) fragment(day schema.Day, facets []codec.Pair) *codec.Fragment {
	key := day.String() + tupleKey(facets)
	if got, ok := f.open[key]; ok {
		return got
	}
	fragment := &codec.Fragment{Day: day, Release: f.registry.Release, Facets: facets, Values: []codec.Measure{}}
	f.open[key] = fragment
	f.order = append(f.order, key)
	return fragment
}

// add adds a record to the measure of its metric and labels.
func add(fragment *codec.Fragment, m *registry.Metric, r *schema.Record) {
	if m.Type == schema.Counter && r.Value.Number == 0 {
		return // nothing happened
	}
	labels := measureLabels(m, r)
	i := slices.IndexFunc(fragment.Values, func(v codec.Measure) bool {
		return v.Metric == m.Name && slices.Equal(v.Labels, labels)
	})
	if i < 0 {
		i = len(fragment.Values)
		fragment.Values = append(fragment.Values, codec.Measure{Metric: m.Name, Labels: labels, Buckets: []uint64{}})
	}
	v := &fragment.Values[i]
	if m.Type == schema.Counter {
		// A store takes no higher count: it would refuse the fragment, whole.
		v.Count = min(v.Count+uint64(r.Value.Number), registry.MaxCount)
		v.Sum = addUp(v.Sum, r.Value.Number)
		return
	}
	v.Count++
	if len(m.Buckets) > 0 {
		if len(v.Buckets) == 0 {
			v.Buckets = make([]uint64, len(m.Buckets)+1)
		}
		v.Buckets[bucketOf(m, r)]++
	}
	if m.Treatment == schema.Keep && r.Value.Kind == schema.KindNumber {
		v.Sum = addUp(v.Sum, r.Value.Number)
	}
}

// addUp adds two numbers that are not negative and stops at the greatest.
func addUp(a, b int64) int64 {
	if a > math.MaxInt64-b {
		return math.MaxInt64
	}
	return a + b
}

// bucketOf returns the bucket of a number, or of a text that treatment made of
// one.
func bucketOf(m *registry.Metric, r *schema.Record) int {
	if r.Value.Kind == schema.KindNumber {
		return m.BucketIndex(r.Value.Number)
	}
	return max(0, slices.Index(m.BucketNames(), r.Value.Text))
}

func measureLabels(m *registry.Metric, r *schema.Record) []codec.Pair {
	labels := []codec.Pair{}
	if m.IsText() {
		labels = append(labels, codec.Pair{Name: registry.ValueLabel, Value: r.Value.Text})
	}
	for i := range m.Labels {
		if spec := &m.Labels[i]; spec.InRollups() {
			for _, l := range r.Labels {
				if l.Name == spec.Name {
					labels = append(labels, codec.Pair{Name: l.Name, Value: l.Value})
				}
			}
		}
	}
	slices.SortFunc(labels, func(a, b codec.Pair) int { return cmp.Compare(a.Name, b.Name) })
	return labels
}

// sortMeasures puts measures in an order that tells nothing about the order of
// events.
func sortMeasures(vs []codec.Measure) {
	slices.SortFunc(vs, func(a, b codec.Measure) int {
		return cmp.Or(cmp.Compare(a.Metric, b.Metric), strings.Compare(tupleKey(a.Labels), tupleKey(b.Labels)))
	})
}

func tupleKey(pairs []codec.Pair) string {
	var b strings.Builder
	for _, p := range pairs {
		b.WriteString("\x00" + p.Name + "\x01" + p.Value)
	}
	return b.String()
}
