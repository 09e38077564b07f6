package otlp

import (
	"math"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// maxCells bounds the buckets of a histogram: an SDK has 16, or 160 of
// exponential ones.
const maxCells = 512

// histogram is a point's distribution. Exponential ones have a scale in place of
// bounds.
type histogram struct {
	count    uint64
	sum      float64 // NaN: not said
	min, max float64 // of all values; NaN: not said
	counts   []uint64
	bounds   []float64 // between the buckets: one less than them

	isExponential bool
	scale         int64
	offset        int64  // index of the first bucket
	zero          uint64 // values of 0
}

// duration adds what a histogram has more than before, one record a bucket.
func (b *batch) duration(r *resource, m *instrument, targets []*target, p *point, h *histogram, key series) (why string) {
	if !h.isSound() {
		return WhyValue
	}
	if m.temporality == cumulative {
		kept := *h
		before, known, gap := b.changes.next(key, state{histogram: &kept, time: p.time})
		if gap != "" {
			return gap
		}
		if known && !h.subtract(before.histogram) {
			return WhyValue
		}
	}
	for _, t := range targets {
		factor, fits := ratio(m.unit, t.Unit)
		switch {
		case t.Type != schema.Duration, m.temporality != cumulative && m.temporality != delta:
			why = WhyKind
		case !fits:
			why = WhyUnit
		default:
			h.cells(func(value float64, n uint64) {
				if us, ok := whole(math.Round(value * factor)); ok {
					b.add(t, r, m.origin, schema.Number(max(0, us)), p.time, n, &p.attributes)
				} else {
					why = WhyValue
				}
			})
		}
	}
	return why
}

// isSound says whether counts agree, and are of this world.
func (h *histogram) isSound() bool {
	total := uint64(0)
	for _, n := range append([]uint64{h.zero}, h.counts...) {
		if n > registry.MaxCount || total+n > registry.MaxCount {
			return false
		}
		total += n
	}
	if h.count > registry.MaxCount || len(h.counts) > maxCells {
		return false
	}
	if h.isExponential {
		return total == h.count
	}
	return len(h.counts) == 0 && len(h.bounds) == 0 || total == h.count && len(h.counts) == len(h.bounds)+1 && slices.IsSorted(h.bounds)
}

// subtract makes h what it has more than it had; false: it has less somewhere, or
// other buckets.
func (h *histogram) subtract(was *histogram) bool {
	if h.isExponential != was.isExponential || !slices.Equal(h.bounds, was.bounds) || h.count < was.count || h.zero < was.zero {
		return false
	}
	counts := was.counts
	if h.isExponential {
		var ok bool
		if counts, ok = was.as(h); !ok {
			return false
		}
	}
	if len(counts) != len(h.counts) {
		return false
	}
	h.counts = slices.Clone(h.counts) // the memory keeps the other
	for i := range counts {
		if h.counts[i] < counts[i] {
			return false
		}
		h.counts[i] -= counts[i]
	}
	h.count, h.zero, h.sum = h.count-was.count, h.zero-was.zero, h.sum-was.sum
	return true
}

// as returns the counts of exponential buckets in those of another, which are as
// fine or coarser.
func (h *histogram) as(other *histogram) ([]uint64, bool) {
	shift := h.scale - other.scale
	if shift < 0 || shift > 64 {
		return nil, false
	}
	out := make([]uint64, len(other.counts))
	for i, n := range h.counts {
		if n == 0 {
			continue
		}
		at := (h.offset+int64(i))>>shift - other.offset
		if at < 0 || at >= int64(len(out)) {
			return nil, false
		}
		out[at] += n
	}
	return out, true
}

// cells calls do with each bucket that has something: a value that stands for
// what is in it, in the metric's unit, and how many there are. The value is NaN
// when nothing is known of it.
func (h *histogram) cells(do func(value float64, n uint64)) {
	if h.count == 0 {
		return
	}
	if h.isAlike() && (!math.IsNaN(h.sum) || len(h.bounds) == 0 && !h.isExponential) {
		do(h.sum/float64(h.count), h.count) // the mean is in that bucket
		return
	}
	if h.zero > 0 {
		do(0, h.zero)
	}
	for i, n := range h.counts {
		if n > 0 {
			do(h.clamp(h.middle(i)), n)
		}
	}
}

// isAlike says whether one bucket has all.
func (h *histogram) isAlike() bool {
	filled := 0
	for _, n := range append([]uint64{h.zero}, h.counts...) {
		if n > 0 {
			filled++
		}
	}
	return filled <= 1
}

// middle returns a value of the i-th bucket: of exponential ones the geometric
// mean of its bounds. What lies above the last bound is the most that was seen,
// or of the bound's size.
func (h *histogram) middle(i int) float64 {
	switch {
	case h.isExponential:
		return math.Exp2((float64(h.offset) + float64(i) + 0.5) * math.Exp2(-float64(h.scale)))
	case i == 0:
		return h.bounds[0] / 2
	case i < len(h.bounds) && !math.IsInf(h.bounds[i], 1):
		return (h.bounds[i-1] + h.bounds[i]) / 2
	case h.max > h.bounds[i-1]:
		return h.max
	}
	return h.bounds[i-1]
}

// clamp brings a value between the least and the most that was seen.
func (h *histogram) clamp(v float64) float64 {
	if v < h.min {
		return h.min
	}
	if v > h.max {
		return h.max
	}
	return v
}
