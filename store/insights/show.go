package insights

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// answers returns what may be shown, by metric. Only here do numbers leave.
func (g *gathering) answers(from, to schema.Day) []Answer {
	var out []Answer
	for _, name := range slices.Sorted(maps.Keys(g.wanted)) {
		for _, w := range g.wanted[name] {
			out = append(out, w.answer(from, to))
		}
	}
	return out
}

func (w *wanted) answer(from, to schema.Day) Answer {
	a := Answer{
		Metric: w.metric.Name, Unit: w.metric.Unit, By: []string{}, From: from.String(), To: to.String(),
		Counted: "events", Bounds: slices.Clone(w.metric.Buckets), Cells: []Cell{},
	}
	if w.metric.Category == schema.Configuration {
		a.Counted = "installations"
	}
	for _, i := range w.table.by {
		a.By = append(a.By, w.table.facets[i])
	}
	for key, series := range w.cells {
		if c, ok := w.table.cells[key]; ok { // a measure without its tuple's row is of no installation that is known
			a.Cells = append(a.Cells, w.show(c, series))
		}
	}
	slices.SortFunc(a.Cells, func(x, y Cell) int { return a.compare(x.Facets, y.Facets) })
	return a
}

// compare orders the facets of two cells.
func (a *Answer) compare(x, y []string) int {
	for i, name := range a.By {
		c := cmp.Compare(x[i], y[i])
		if name == versionFacet {
			c = cmp.Or(registry.CompareVersions(x[i], y[i]), c)
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// show returns what may be shown of a cell.
func (w *wanted) show(c *cell, series map[string]*sum) Cell {
	out := Cell{Facets: c.values}
	n := c.seen.most()
	if n < w.least {
		out.Fewer = int(w.least)
		return out
	}
	out.Installations = down(n, w.least)
	out.Days = rounded(c.days, w.least)
	for _, key := range slices.Sorted(maps.Keys(series)) {
		out.Series = append(out.Series, w.showSeries(series[key]))
	}
	return out
}

func (w *wanted) showSeries(s *sum) Series {
	out := Series{Labels: s.labels}
	events, of := s.count, s.count
	if w.metric.Category == schema.Configuration {
		events = s.seen.most()
	}
	if events < w.least {
		out.Fewer = int(w.least)
		return out
	}
	out.Events = rounded(events, w.least)
	if w.summed() {
		out.Mean = twoDigits(s.value / float64(of))
	}
	out.Spread = spreadOf(w.metric.Buckets, s.buckets, w.least)
	return out
}

// summed says whether the mean of the metric's values says something.
func (w *wanted) summed() bool {
	m := w.metric
	return m.Treatment == schema.Keep && !m.IsText() && m.Type != schema.Counter
}

// spreadOf returns how counts of buckets are spread; nil when there are fewer
// than least.
func spreadOf(bounds []int64, counts []uint64, least uint64) *Spread {
	var all uint64
	for _, n := range counts {
		all = plus(all, n)
	}
	if len(counts) == 0 || all < least {
		return nil
	}
	at := func(share float64) int {
		var below uint64
		for i, n := range counts {
			if below = plus(below, n); float64(below) >= share*float64(all) && n > 0 {
				return i
			}
		}
		return len(counts) - 1
	}
	s := &Spread{
		Median: between(bounds, at(0.5), at(0.5)),
		Middle: between(bounds, at(0.25), at(0.75)),
		Most:   between(bounds, at(0.05), at(0.95)),
	}
	for _, n := range counts {
		s.Shares = append(s.Shares, math.Round(100*float64(n)/float64(all))/100)
	}
	return s
}

// between returns the range from one bucket to another, both included.
func between(bounds []int64, first, last int) (r Range) {
	if first > 0 {
		r.Low = bounds[first-1]
	}
	if last < len(bounds) {
		r.High = bounds[last]
	}
	return r
}

// down rounds down to a multiple.
func down(n, step uint64) uint64 { return n / step * step }

// rounded rounds down to two digits, and that to a multiple of step: only where
// all results are multiples do no two differ by less. What reaches step stays so.
func rounded(n, step uint64) uint64 {
	if n < step {
		return 0
	}
	unit := uint64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	return max(step, down(down(n, unit), step))
}

// twoDigits rounds to two digits.
func twoDigits(x float64) float64 {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return 0
	}
	unit := math.Pow(10, math.Floor(math.Log10(math.Abs(x)))-1)
	return math.Round(x/unit) * unit
}
