package follow

import (
	"strings"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// Bounds of one window of one log.
const (
	maxKinds     = 200
	maxKindBytes = 128 << 10
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
	b.WriteString(r.Metric + "\x00" + r.Value.Text)
	for _, l := range r.Labels {
		b.WriteString("\x00" + l.Name + "\x00" + l.Value)
	}
	return b.String()
}

// groups are the records of one window, in the order in which each came first.
type groups struct {
	product string

	mu      sync.Mutex
	at      map[string]int // of a key in records
	records []schema.Record
	bytes   int            // of keys
	skips   map[string]int // of a reason in records
}

func newGroups(product string) *groups {
	g := &groups{product: product}
	g.clear()
	return g
}

func (g *groups) clear() {
	g.at, g.skips, g.records, g.bytes = map[string]int{}, map[string]int{}, nil, 0
}

// add counts a treated record, or a line more that is left out when there are too many
// kinds.
func (g *groups) add(r schema.Record, now time.Time) {
	key := keyOf(&r)
	g.mu.Lock()
	defer g.mu.Unlock()
	i, ok := g.at[key]
	switch {
	case ok && g.records[i].Count < schema.MaxCount:
		g.records[i].Count++
	case ok:
		g.count(skippedRate, now)
	case len(g.at) >= maxKinds || g.bytes+len(key) > maxKindBytes:
		g.count(skippedKinds, now)
	default:
		r.Time, r.Count = coarse(now), 1
		g.at[key] = len(g.records)
		g.records, g.bytes = append(g.records, r), g.bytes+len(key)
	}
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
			Time: coarse(now), Product: schema.Product{Name: g.product, Version: noVersion}, Metric: SkippedMetric,
			Value: schema.Number(0), Labels: []schema.Label{{Name: "reason", Value: reason}},
		})
	}
	g.records[i].Value.Number++
}

// handOn gives the records to take, and begins anew when it has them. Who adds
// meanwhile waits.
func (g *groups) handOn(take func([]schema.Record) error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.records) > 0 && take(g.records) == nil {
		g.clear()
	}
}

// coarse returns the minute of a time: when within it a line was written is
// nobody's matter.
func coarse(t time.Time) int64 { return t.Truncate(time.Minute).Unix() }
