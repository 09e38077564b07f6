package diagnosis

import (
	"math/bits"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// timing is how long one series took: counts in steps of a sixteenth, which no
// number of records makes larger.
type timing struct {
	operation string
	counts    []uint64 // by step
	events    uint64
	last      int64
}

func (t *timing) add(n int64, times uint64, at int64) {
	i := step(n)
	for len(t.counts) <= i {
		t.counts = append(t.counts, 0)
	}
	t.counts[i] += times
	t.events += times
	t.last = at
}

// quantile returns about the value below which that share lies.
func (t *timing) quantile(share float64) int64 {
	var below uint64
	for i, n := range t.counts {
		if below += n; n > 0 && float64(below) >= share*float64(t.events) {
			return middle(i)
		}
	}
	return 0
}

const perDouble = 16 // steps between a number and its double

// step returns the step of a number: itself below perDouble, and sixteen for each
// power of two above.
func step(n int64) int {
	u := uint64(max(n, 0))
	if u < perDouble {
		return int(u)
	}
	e := bits.Len64(u) - bits.Len64(perDouble)
	return (e+1)*perDouble + int(u>>e) - perDouble
}

// middle returns a number in the middle of a step.
func middle(i int) int64 {
	if i < perDouble {
		return int64(i)
	}
	e := i/perDouble - 1
	low := int64(i%perDouble+perDouble) << e
	return low + int64(1)<<e/2
}

// durationOf returns a duration in microseconds; of one that was told as a range,
// where the range begins.
func durationOf(m *registry.Metric, v schema.Value) int64 {
	if v.Kind == schema.KindNumber {
		return v.Number
	}
	if i := slices.Index(m.BucketNames(), v.Text); i > 0 {
		return m.Buckets[i-1]
	}
	return 0
}
