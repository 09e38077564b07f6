package codec

import (
	"cmp"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
)

// shortIndexes is how many indexes take one byte. A table of texts that is no
// longer stays in the order in which they came.
const shortIndexes = 24

// order gives the short indexes to the texts that are values, the most frequent
// first: the table of series names a text once, the column of values often.
func (c *columns) order() {
	if len(c.texts) <= shortIndexes {
		return
	}
	to := c.arrange()
	for i := range c.series {
		s := &c.series[i]
		s.product, s.version, s.metric = to[s.product], to[s.version], to[s.metric]
		for l, of := range s.labels {
			s.labels[l] = to[of]
		}
	}
	for i, of := range c.index {
		if c.series[of].kind == schema.KindText {
			c.values[i] = int64(to[c.values[i]])
		}
	}
}

// arrange sorts the texts and returns where each went.
func (c *columns) arrange() (to []uint64) {
	uses, order := make([]int, len(c.texts)), make([]int, len(c.texts))
	for i, of := range c.index {
		if c.series[of].kind == schema.KindText {
			uses[c.values[i]]++
		}
	}
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(uses[b], uses[a]) })
	was := slices.Clone(c.texts)
	to = make([]uint64, len(was))
	for i, of := range order {
		c.texts[i], to[of] = was[of], uint64(i)
	}
	return to
}
