package insights

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/rollup"
)

// gathering adds rows up for one or more metrics, in one pass over the days.
type gathering struct {
	registry *registry.Set
	tables   []*table
	wanted   map[string][]*wanted // by metric
	series   int
}

// table is the installations of a facet list, by some of its facets. Metrics
// that are asked for by the same ones share it.
type table struct {
	facets []string // of the roll-up
	by     []int    // indexes of those that are asked for
	apart  int      // index of the version among the others, or -1
	cells  map[string]*cell
}

// cell is what is known of one combination of the facets that are asked for.
type cell struct {
	values []string
	seen   seen
	days   uint64 // installations of each day, added up
}

// wanted is one metric that is asked for.
type wanted struct {
	metric *registry.Metric
	table  *table
	least  uint64                     // installations that a cell needs
	cells  map[string]map[string]*sum // by the cell's values, then by labels
}

// sum is one series of a cell.
type sum struct {
	labels  map[string]string
	count   uint64
	value   float64 // the sum of the values
	buckets []uint64
	seen    seen // of configuration, which is counted once a day and installation
}

func newGathering(set *registry.Set) *gathering {
	return &gathering{registry: set, wanted: map[string][]*wanted{}}
}

// want asks for a metric over one of its roll-ups, by facets of it.
func (g *gathering) want(m *registry.Metric, u registry.Rollup, by []string) {
	t := &table{facets: u.Facets, apart: -1, cells: map[string]*cell{}}
	for _, name := range by {
		t.by = append(t.by, slices.Index(u.Facets, name))
	}
	if i := slices.Index(u.Facets, versionFacet); i >= 0 && !slices.Contains(t.by, i) {
		t.apart = i
	}
	same := slices.IndexFunc(g.tables, func(o *table) bool { return slices.Equal(o.facets, t.facets) && slices.Equal(o.by, t.by) })
	if same >= 0 {
		t = g.tables[same]
	} else {
		g.tables = append(g.tables, t)
	}
	w := &wanted{metric: m, table: t, least: uint64(max(u.MinInstallations, registry.MinInstallationsFloor)), cells: map[string]map[string]*sum{}}
	g.wanted[m.Name] = append(g.wanted[m.Name], w)
}

// gather reads the days from one to another, both included.
func (g *gathering) gather(ctx context.Context, rows rollup.Reader, from, to schema.Day) error {
	for d := from; d <= to; d++ {
		if err := rollup.Tuples(ctx, rows, d, g.tuple); err != nil {
			return err
		}
		if err := rollup.Measures(ctx, rows, d, g.measure); err != nil {
			return err
		}
	}
	return nil
}

// tuple adds the installations of one tuple.
func (g *gathering) tuple(t rollup.Tuple, n rollup.Installations) error {
	for _, table := range g.tables {
		if !table.has(&t) {
			continue
		}
		key, values := table.cellOf(t.Facets)
		c, ok := table.cells[key]
		if !ok {
			c = &cell{values: values, seen: seen{}}
			table.cells[key] = c
		}
		version := table.version(t.Facets)
		c.days = plus(c.days, n.Today)
		c.seen.add(version, aDay, t.Day, n.Today)
		c.seen.add(version, aWeek, t.Day, n.Week)
		c.seen.add(version, aMonth, t.Day, n.Month)
	}
	return nil
}

// measure adds one measure.
func (g *gathering) measure(t *rollup.Tuple, row rollup.MeasureRow) error {
	for _, w := range g.wanted[row.Metric] {
		if !w.table.has(t) {
			continue
		}
		key, _ := w.table.cellOf(t.Facets)
		s := w.sum(key, row.Labels)
		if s.count == 0 {
			if g.series++; g.series > MaxSeries {
				return fmt.Errorf("%d: %w; ask for fewer facets", g.series, ErrTooMany)
			}
		}
		s.count = plus(s.count, row.Count)
		s.value += float64(row.Sum)
		if w.metric.Category == schema.Configuration {
			s.seen.add(w.table.version(t.Facets), aDay, t.Day, row.Count)
		}
		if g.sameBuckets(w.metric, t.Release, row.Buckets) {
			s.addBuckets(row.Buckets)
		}
	}
	return nil
}

// sameBuckets says whether buckets that were counted under a release are those
// of the newest: bounds may have changed since.
func (g *gathering) sameBuckets(m *registry.Metric, release schema.Release, buckets []uint64) bool {
	if len(m.Buckets) == 0 || len(buckets) != len(m.Buckets)+1 {
		return false
	}
	then, ok := g.registry.For(release).Metric(m.Name)
	return ok && slices.Equal(then.Buckets, m.Buckets)
}

// sum returns the series of these labels in a cell.
func (w *wanted) sum(cell string, labels []codec.Pair) *sum {
	of, ok := w.cells[cell]
	if !ok {
		of = map[string]*sum{}
		w.cells[cell] = of
	}
	key := pairsKey(labels)
	s, ok := of[key]
	if !ok {
		s = &sum{seen: seen{}, labels: map[string]string{}}
		for _, l := range labels {
			s.labels[l.Name] = l.Value
		}
		of[key] = s
	}
	return s
}

func (s *sum) addBuckets(more []uint64) {
	if s.buckets == nil {
		s.buckets = make([]uint64, len(more))
	}
	for i, n := range more {
		s.buckets[i] = plus(s.buckets[i], n)
	}
}

// has says whether a tuple is one of the table's facet list.
func (t *table) has(of *rollup.Tuple) bool {
	return slices.EqualFunc(t.facets, of.Facets, func(name string, p codec.Pair) bool { return name == p.Name })
}

// cellOf returns the values that are asked for, and a key of them.
func (t *table) cellOf(facets []codec.Pair) (key string, values []string) {
	values = make([]string, len(t.by))
	for i, j := range t.by {
		values[i] = facets[j].Value
	}
	return strings.Join(values, "\x00"), values
}

// version returns the version by which installations are told apart, where it is
// not asked for.
func (t *table) version(facets []codec.Pair) string {
	if t.apart < 0 {
		return ""
	}
	return facets[t.apart].Value
}

func pairsKey(pairs []codec.Pair) string {
	var b strings.Builder
	for _, p := range pairs {
		b.WriteString(p.Name + "\x01" + p.Value + "\x00")
	}
	return b.String()
}
