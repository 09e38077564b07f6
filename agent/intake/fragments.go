package intake

import (
	"cmp"
	"encoding/binary"
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
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// versionFacet is the facet that stands for the reporting product's version.
const versionFacet = "service.version"

// fragmentCapacity is how many bytes of a fragment fit the one size that agents
// send.
const fragmentCapacity = wire.SentBucket - wire.ContentHeaderLen

// folder folds records into fragments: one a day, facet tuple, and release that
// the measures came with. A store refuses whole what has one thing that it does not
// know: one of an older release then loses only what came later.
type folder struct {
	registry *registry.Registry
	memory   *memory
	open     map[string]*opened // by day, release and tuple
	order    []*opened
	targets  map[string][]target // by the day and all that makes a series of records
	key      []byte              // scratch
}

// opened is a fragment that is added to.
type opened struct {
	codec.Fragment
	since    schema.Release // of its measures' metrics
	measures map[string]int // indexes of Values, by metric and labels
}

// target is a measure that a series of records is added to.
type target struct {
	into    *opened
	measure int
}

// fragments folds records; what must be remembered after them goes into mem.
func (in *Intake) fragments(records []schema.Record, mem *memory, today schema.Day) ([]spool.Batch, error) {
	f := &folder{registry: in.config.Registry, memory: mem, open: map[string]*opened{}, targets: map[string][]target{}}
	for i := range records {
		f.fold(&records[i])
	}
	// What says that it is the first is what most stores know. Days stay in order.
	slices.SortStableFunc(f.order, func(a, b *opened) int {
		return cmp.Or(cmp.Compare(a.Day, b.Day), cmp.Compare(a.since, b.since))
	})
	var out []spool.Batch
	for _, fragment := range f.order {
		if len(fragment.Values) == 0 {
			continue
		}
		sortMeasures(fragment.Values)
		fragment.First = mem.firsts(&fragment.Fragment)
		batches, err := packFragment(fragment.Fragment, today)
		if err != nil {
			return nil, err
		}
		out = append(out, batches...)
	}
	return out, nil
}

// packFragment makes one batch of a fragment, or halves its measures until
// each half fits an envelope of the one size that agents send: a larger one would
// tell a relay that it is of a busy host. Only the first half says what it is the
// first of.
func packFragment(f codec.Fragment, today schema.Day) ([]spool.Batch, error) {
	plain, err := codec.EncodeFragment(f)
	fits := len(plain) <= fragmentCapacity || len(f.Values) == 1 && len(plain) <= envelope.MaxPayload
	if err == nil && fits {
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
	if !ok || len(m.Rollups) == 0 || m.Type == schema.Counter && r.Value.Number == 0 { // nothing happened
		return
	}
	day := schema.DayOf(time.Unix(r.Time, 0))
	var targets []target
	if m.Category == schema.Configuration {
		targets = f.resolve(day, m, r) // what holds is counted once a day, however often it is looked at
	} else {
		f.key = appendSeries(f.key[:0], day, m, r)
		if targets, ok = f.targets[string(f.key)]; !ok {
			targets = f.resolve(day, m, r)
			f.targets[string(f.key)] = targets
		}
	}
	for _, t := range targets {
		add(&t.into.Values[t.measure], m, r)
	}
}

// appendSeries appends all of a record that says which measures it adds to.
func appendSeries(b []byte, day schema.Day, m *registry.Metric, r *schema.Record) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(day))
	b = appendText(appendText(b, r.Metric), r.Product.Version) // the name of the product is in no roll-up
	if m.IsText() {
		b = appendText(b, r.Value.Text)
	}
	for i := range r.Labels {
		b = appendText(appendText(b, r.Labels[i].Name), r.Labels[i].Value)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// resolve finds the measures that a record adds to, and makes those that are
// not there yet.
func (f *folder) resolve(day schema.Day, m *registry.Metric, r *schema.Record) (targets []target) {
	for _, roll := range m.Rollups {
		facets, ok := f.memory.facets(roll.Facets, r.Product)
		if !ok {
			continue // a host fact is not known yet; the page has the record all the same
		}
		fragment := f.fragment(day, m.Since, facets)
		if m.Category == schema.Configuration && f.memory.saidToday(&fragment.Fragment, r) {
			continue
		}
		targets = append(targets, target{fragment, fragment.measure(m, r)})
	}
	return targets
}

func (f *folder) fragment(day schema.Day, since schema.Release, facets []codec.Pair) *opened {
	key := fmt.Sprint(day, since) + tupleKey(facets)
	if got, ok := f.open[key]; ok {
		return got
	}
	o := &opened{
		Fragment: codec.Fragment{Day: day, Release: f.registry.Release, Facets: facets, Values: []codec.Measure{}},
		since:    since, measures: map[string]int{},
	}
	f.open[key] = o
	f.order = append(f.order, o)
	return o
}

// measure returns the index of the measure of a record's metric and labels.
func (o *opened) measure(m *registry.Metric, r *schema.Record) int {
	labels := measureLabels(m, r)
	key := m.Name + tupleKey(labels)
	i, ok := o.measures[key]
	if !ok {
		i = len(o.Values)
		o.measures[key] = i
		o.Values = append(o.Values, codec.Measure{Metric: m.Name, Labels: labels, Buckets: []uint64{}})
	}
	return i
}

// add adds a record to a measure of its metric and labels. A store takes no
// higher count than the registry's: it would refuse the fragment, whole.
func add(v *codec.Measure, m *registry.Metric, r *schema.Record) {
	if m.Type == schema.Counter {
		v.Count = min(v.Count+uint64(r.Value.Number), registry.MaxCount)
		v.Sum = addUp(v.Sum, r.Value.Number)
		return
	}
	n := min(uint64(r.Events()), registry.MaxCount-v.Count)
	v.Count += n
	if len(m.Buckets) > 0 {
		if len(v.Buckets) == 0 {
			v.Buckets = make([]uint64, len(m.Buckets)+1)
		}
		v.Buckets[bucketOf(m, r)] += n
	}
	if m.Treatment == schema.Keep && r.Value.Kind == schema.KindNumber {
		v.Sum = addUp(v.Sum, times(r.Value.Number, int64(n)))
	}
}

// times multiplies two numbers that are not negative and stops at the greatest.
func times(a, n int64) int64 {
	if n > 0 && a > math.MaxInt64/n {
		return math.MaxInt64
	}
	return a * n
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
