package otlp_test

import (
	"math"
	"slices"
	"testing"

	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
)

var nan, inf = math.NaN(), math.Inf(1)

// explicit is a point of a histogram with bounds.
func explicit(from, to int, sum float64, bounds []float64, counts ...uint64) *metrics.HistogramDataPoint {
	p := &metrics.HistogramDataPoint{StartTimeUnixNano: at(from), TimeUnixNano: at(to), Sum: &sum, ExplicitBounds: bounds, BucketCounts: counts}
	for _, n := range counts {
		p.Count += n
	}
	return p
}

func histogram(unit string, how metrics.AggregationTemporality, points ...*metrics.HistogramDataPoint) *metrics.Metric {
	return &metrics.Metric{Name: "finder.wait", Unit: unit, Data: &metrics.Metric_Histogram{Histogram: &metrics.Histogram{AggregationTemporality: how, DataPoints: points}}}
}

// growing is a point of an exponential histogram: each bucket's upper bound is
// 2^(2^-scale) times the one before it.
func growing(from, to int, sum float64, scale, offset int32, zero uint64, counts ...uint64) *metrics.ExponentialHistogramDataPoint {
	p := &metrics.ExponentialHistogramDataPoint{
		StartTimeUnixNano: at(from), TimeUnixNano: at(to), Sum: &sum, Scale: scale, ZeroCount: zero, Count: zero,
		Positive: &metrics.ExponentialHistogramDataPoint_Buckets{Offset: offset, BucketCounts: counts},
	}
	for _, n := range counts {
		p.Count += n
	}
	return p
}

func exponential(unit string, how metrics.AggregationTemporality, points ...*metrics.ExponentialHistogramDataPoint) *metrics.Metric {
	return &metrics.Metric{Name: "finder.wait", Unit: unit, Data: &metrics.Metric_ExponentialHistogram{
		ExponentialHistogram: &metrics.ExponentialHistogram{AggregationTemporality: how, DataPoints: points},
	}}
}

func TestHistograms(t *testing.T) {
	bounds := []float64{0.1, 0.5, 1}
	seen := explicit(1, 2, 12, bounds, 1, 2, 0, 1)
	least, most := 0.09, 9.0
	seen.Min, seen.Max = &least, &most
	labelled := explicit(1, 2, 0.3, bounds, 0, 1, 0, 0)
	labelled.Attributes = append(labelled.Attributes, pair("operation", "search"))
	for name, steps := range map[string][]step{
		"one bucket has the mean": {{histogram("s", deltas, explicit(1, 2, 0.6, bounds, 0, 2, 0, 0)), []string{"finder.wait.duration=300000 ×2"}}},
		"a label":                 {{histogram("s", deltas, labelled), []string{"finder.wait.duration=300000 operation=search"}}},
		"several have their middle": {
			{histogram("s", deltas, explicit(1, 2, 3, bounds, 2, 1, 0, 1)), []string{"finder.wait.duration=50000 ×2", "finder.wait.duration=300000", "finder.wait.duration=1000000"}},
		},
		"the least and the most": {{histogram("s", deltas, seen), []string{"finder.wait.duration=90000", "finder.wait.duration=300000 ×2", "finder.wait.duration=9000000"}}},
		"without bounds":         {{histogram("ms", deltas, explicit(1, 2, 30, nil, 3)), []string{"finder.wait.duration=10000 ×3"}}},
		"milliseconds":           {{histogram("ms", deltas, explicit(1, 2, 7, []float64{5, 10}, 0, 1, 0)), []string{"finder.wait.duration=7000"}}},
		"the last bound is infinite": {
			{histogram("s", deltas, explicit(1, 2, 3, []float64{1, inf}, 1, 1, 0)), []string{"finder.wait.duration=500000", "finder.wait.duration=1000000"}},
		},
		"many": {{histogram("us", deltas, explicit(1, 2, 2_500_000, []float64{5}, 2_500_000, 0)), []string{
			"finder.wait.duration=1 ×1000000", "finder.wait.duration=1 ×1000000", "finder.wait.duration=1 ×500000",
		}}},
		"cumulative": {
			{histogram("s", cumulative, explicit(1, 2, 0.2, bounds, 0, 1, 0, 0)), []string{"finder.wait.duration=200000"}},
			{histogram("s", cumulative, explicit(1, 3, 0.2, bounds, 0, 1, 0, 0)), nil},
			{histogram("s", cumulative, explicit(1, 4, 1.2, bounds, 0, 3, 0, 0)), []string{"finder.wait.duration=500000 ×2"}},
			{histogram("s", cumulative, explicit(1, 5, 1.5, bounds[:2], 0, 4, 0)), nil}, // other buckets
			{histogram("s", cumulative, explicit(1, 6, 1.7, bounds[:2], 0, 5, 0)), []string{"finder.wait.duration=200000"}},
		},
		"cumulative, begun before us": {
			{histogram("s", cumulative, explicit(-9, 2, 0.2, bounds, 0, 1, 0, 0)), nil},
			{histogram("s", cumulative, explicit(-9, 3, 0.5, bounds, 0, 2, 0, 0)), []string{"finder.wait.duration=300000"}},
		},
		"exponential": {
			{exponential("ms", deltas, growing(1, 2, 5, 0, 2, 0, 1)), []string{"finder.wait.duration=5000"}},
			{exponential("ms", deltas, growing(1, 2, 20, 0, 2, 3, 1, 0, 1)), []string{"finder.wait.duration=0 ×3", "finder.wait.duration=5657", "finder.wait.duration=22627"}},
		},
		"exponential, cumulative, and coarser": {
			{exponential("ms", cumulative, growing(1, 2, 11, 1, 4, 0, 1, 1)), []string{"finder.wait.duration=4757", "finder.wait.duration=6727"}},
			{exponential("ms", cumulative, growing(1, 3, 16, 0, 2, 0, 3)), []string{"finder.wait.duration=5000"}},
			{exponential("ms", cumulative, growing(1, 4, 46, 0, 1, 1, 0, 3, 0, 1)), []string{"finder.wait.duration=0", "finder.wait.duration=22627"}},
			{exponential("ms", cumulative, growing(1, 5, 60, 1, 4, 1, 5)), nil}, // finer than before
		},
		"a unit that is none": {
			{histogram("", deltas, explicit(1, 2, 0.2, bounds, 0, 1, 0, 0)), nil}, {histogram("By", deltas, explicit(1, 2, 0.2, bounds, 0, 1, 0, 0)), nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(t *testing.T, kind string) { walk(t, kind, steps) })
		})
	}
}

// TestHistogramsThatAreNone: counts that do not agree, buckets without end, what
// is below 0.
func TestHistogramsThatAreNone(t *testing.T) {
	wrong := explicit(1, 2, 1, []float64{1}, 1, 1)
	wrong.Count = 3
	huge := explicit(1, 2, 1, []float64{1}, 1<<63, 1<<63)
	below := growing(1, 2, 1, 0, 0, 0, 1)
	below.Negative, below.Count = below.Positive, 2
	inBoth(t, func(t *testing.T, kind string) {
		h := newHouse(t)
		for _, m := range []*metrics.Metric{
			histogram("s", deltas, wrong, huge, explicit(1, 2, 1, []float64{1}, 1, 1, 1), explicit(1, 2, 1, []float64{2, 1}, 1, 1, 1)),
			histogram("s", deltas, explicit(1, 2, 1, make([]float64, 1000), make([]uint64, 1001)...)),
			histogram("s", deltas, explicit(1, 2, inf, nil, 1), explicit(1, 2, nan, nil, 1)),
			exponential("s", deltas, below, growing(1, 2, 1, -1<<31, 1<<31-1, 0, 1, 1), growing(1, 2, 1, 0, 0, 0, make([]uint64, 1000)...)),
		} {
			h.post(kind, instruments(of("finder"), m))
		}
		if got := h.taken(); len(got) != 0 {
			t.Errorf("taken %q", got)
		}
		if got := h.dropped(); !slices.Equal(got, []string{`metric "finder.wait" value 10`}) {
			t.Errorf("dropped %q", got)
		}
	})
}
