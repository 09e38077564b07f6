package follow

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// Bounds of one window of one log.
const (
	maxKinds     = 200
	maxKindBytes = 128 << 10
	maxVariants  = 4 // of lines that differ in numbers alone
)

// Why a line was left out, as the registry has it.
const (
	skippedRate   = "rate"
	skippedLong   = "long"
	skippedBinary = "binary"
	skippedKinds  = "kinds"
)

// keyOf returns what equal records have in common.
func keyOf(r *schema.Record) string {
	var b strings.Builder
	b.WriteString(r.Product.Version + "\x00" + r.Metric + "\x00" + r.Value.Text)
	for _, l := range r.Labels {
		b.WriteString("\x00" + l.Name + "\x00" + l.Value)
	}
	return b.String()
}

// groups are the records of one window, in the order in which each came first.
// Scrubbed lines that differ in numbers alone are one kind each while there are
// few of them, such as codes; of more, such as times that something took, all
// become one, without the numbers.
type groups struct {
	product func() schema.Product

	mu      sync.Mutex
	at      map[string]int // of a key in records
	shapes  map[string]*variants
	records []schema.Record // of which some may count nothing any more
	kinds   int
	bytes   int            // of keys
	skips   map[string]int // of a reason in records
}

// variants are the lines of one shape.
type variants struct {
	keys   []string
	merged bool
}

func newGroups(product func() schema.Product) *groups {
	g := &groups{product: product}
	g.clear()
	return g
}

func (g *groups) clear() {
	g.at, g.shapes, g.skips = map[string]int{}, map[string]*variants{}, map[string]int{}
	g.records, g.kinds, g.bytes = nil, 0, 0
}

// add counts a treated record, or a line more that is left out when there are too
// many kinds.
func (g *groups) add(r schema.Record, now time.Time) {
	key := keyOf(&r)
	g.mu.Lock()
	defer g.mu.Unlock()
	if i, ok := g.at[key]; ok {
		g.more(i, now)
		return
	}
	var v *variants
	if r.Metric == LineMetric {
		if v = g.shapes[shapeOf(&r)]; v != nil && (v.merged || len(v.keys) == maxVariants) {
			g.merge(v)
			g.more(g.at[v.keys[0]], now)
			return
		}
	}
	if g.kinds >= maxKinds || g.bytes+len(key) > maxKindBytes {
		g.count(skippedKinds, now)
		return
	}
	if r.Metric == LineMetric {
		g.vary(v, &r, key)
	}
	r.Time, r.Count = coarse(now), 1
	g.at[key] = len(g.records)
	g.records, g.kinds, g.bytes = append(g.records, r), g.kinds+1, g.bytes+len(key)
}

// shapeOf returns what lines have in common that differ in numbers alone.
func shapeOf(r *schema.Record) string { return r.Product.Version + "\x00" + shape(r.Value.Text) }

// vary notes a line among those of its shape.
func (g *groups) vary(v *variants, r *schema.Record, key string) {
	if v == nil {
		v = &variants{}
		g.shapes[shapeOf(r)] = v
	}
	v.keys = append(v.keys, key)
}

// merge makes one kind of all lines of a shape.
func (g *groups) merge(v *variants) {
	if v.merged {
		return
	}
	v.merged = true
	first := &g.records[g.at[v.keys[0]]]
	first.Value.Text = shape(first.Value.Text)
	for _, key := range v.keys[1:] {
		r := &g.records[g.at[key]]
		first.Count = min(first.Count+r.Count, schema.MaxCount)
		r.Count = 0
		g.at[key] = g.at[v.keys[0]]
		g.kinds--
	}
}

// more counts one more of a record.
func (g *groups) more(i int, now time.Time) {
	if g.records[i].Count == schema.MaxCount {
		g.count(skippedRate, now)
		return
	}
	g.records[i].Count++
}

// skip counts a line that is left out.
func (g *groups) skip(reason string, now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.count(reason, now)
}

// count is skip for whoever holds the lock.
func (g *groups) count(reason string, now time.Time) {
	i, ok := g.skips[reason]
	if !ok {
		i = len(g.records)
		g.skips[reason] = i
		g.records = append(g.records, schema.Record{
			Time: coarse(now), Product: g.product(), Metric: SkippedMetric,
			Value: schema.Number(0), Count: 1, Labels: []schema.Label{{Name: "reason", Value: reason}},
		})
	}
	g.records[i].Value.Number++
}

// handOn gives the records to take, and begins anew when it has them. Who adds
// meanwhile waits.
func (g *groups) handOn(take func([]schema.Record) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	live := slices.DeleteFunc(slices.Clone(g.records), func(r schema.Record) bool { return r.Count == 0 })
	if len(live) > 0 && take(live) == nil {
		g.clear()
	}
}

// coarse returns the minute of a time: when within it a line was written is
// nobody's matter.
func coarse(t time.Time) int64 { return t.Truncate(time.Minute).Unix() }
