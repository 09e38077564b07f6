package otlp_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"testing"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
)

const (
	deltas     = metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA
	cumulative = metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_CUMULATIVE
)

// whole is a point of a sum or a gauge, from second to second after noon.
func whole(from, to int, n int64, pairs ...*common.KeyValue) *metrics.NumberDataPoint {
	return &metrics.NumberDataPoint{StartTimeUnixNano: at(from), TimeUnixNano: at(to), Value: &metrics.NumberDataPoint_AsInt{AsInt: n}, Attributes: pairs}
}

func fraction(from, to int, f float64) *metrics.NumberDataPoint {
	return &metrics.NumberDataPoint{StartTimeUnixNano: at(from), TimeUnixNano: at(to), Value: &metrics.NumberDataPoint_AsDouble{AsDouble: f}}
}

func sum(name, unit string, how metrics.AggregationTemporality, points ...*metrics.NumberDataPoint) *metrics.Metric {
	return &metrics.Metric{Name: name, Unit: unit, Data: &metrics.Metric_Sum{Sum: &metrics.Sum{AggregationTemporality: how, IsMonotonic: true, DataPoints: points}}}
}

// upDown is a sum that may fall.
func upDown(name, unit string, how metrics.AggregationTemporality, points ...*metrics.NumberDataPoint) *metrics.Metric {
	m := sum(name, unit, how, points...)
	m.GetSum().IsMonotonic = false
	return m
}

func gauge(name, unit string, points ...*metrics.NumberDataPoint) *metrics.Metric {
	return &metrics.Metric{Name: name, Unit: unit, Data: &metrics.Metric_Gauge{Gauge: &metrics.Gauge{DataPoints: points}}}
}

// step is one request, and what becomes of it.
type step struct {
	sent *metrics.Metric
	want []string // the records, but for time and version
}

// walk sends one request after the other.
func walk(t *testing.T, kind string, steps []step) *house {
	t.Helper()
	h := newHouse(t)
	for i, s := range steps {
		h.post(kind, instruments(of("finder"), s.sent))
		got := h.taken()
		for j := range got {
			got[j] = got[j][len("12:00:00 1.2.3 "):]
		}
		if !slices.Equal(got, s.want) {
			t.Errorf("step %d: taken %q, want %q; dropped %q", i+1, got, s.want, h.dropped())
		}
	}
	return h
}

func TestSums(t *testing.T) {
	code := func(n int) *common.KeyValue { return pair("http.response.status_code", n) }
	for name, steps := range map[string][]step{
		"delta": {
			{sum("finder.requests", "{request}", deltas, whole(1, 2, 5, code(200)), whole(1, 2, 2, code(404))), []string{"finder.requests=5 code=200", "finder.requests=2 code=other"}},
			{sum("finder.requests", "", deltas, whole(2, 3, 1)), []string{"finder.requests=1"}},
			{sum("finder.requests", "1", deltas, fraction(3, 4, 6), whole(3, 4, 0)), []string{"finder.requests=6"}},
		},
		"cumulative, begun after us": {
			{sum("finder.requests", "1", cumulative, whole(1, 2, 5)), []string{"finder.requests=5"}},
			{sum("finder.requests", "1", cumulative, whole(1, 3, 5)), nil},
			{sum("finder.requests", "1", cumulative, whole(1, 4, 12), whole(1, 4, 3, code(200))), []string{"finder.requests=7", "finder.requests=3 code=200"}},
		},
		"cumulative, begun before us": {
			{sum("finder.requests", "1", cumulative, whole(-60, 2, 5000)), nil},
			{sum("finder.requests", "1", cumulative, whole(-60, 3, 5002)), []string{"finder.requests=2"}},
			{sum("finder.requests", "1", cumulative, whole(4, 5, 3)), []string{"finder.requests=3"}}, // the product started again
			{sum("finder.requests", "1", cumulative, whole(-60, 6, 5003)), []string{"finder.requests=1"}},
		},
		"cumulative, and less": {
			{sum("finder.requests", "1", cumulative, whole(1, 2, 5)), []string{"finder.requests=5"}},
			{sum("finder.requests", "1", cumulative, whole(1, 3, 4)), nil},
			{sum("finder.requests", "1", cumulative, whole(1, 4, 6)), []string{"finder.requests=2"}},
		},
		"fractions add up": {
			{sum("finder.requests", "1", cumulative, fraction(1, 2, 0.4)), nil},
			{sum("finder.requests", "1", cumulative, fraction(1, 3, 0.8)), nil},
			{sum("finder.requests", "1", cumulative, fraction(1, 4, 1.2)), []string{"finder.requests=1"}},
			{sum("finder.requests", "1", cumulative, fraction(1, 5, 2)), []string{"finder.requests=1"}},
		},
		"units": {
			{sum("finder.read", "KiBy", cumulative, whole(1, 2, 1)), []string{"finder.read.bytes=1024"}},
			{sum("finder.read", "s", deltas, whole(1, 2, 1)), nil},
			{gauge("finder.queue", "MBy", fraction(1, 2, 1.5)), []string{"finder.queue.size=1500000"}},
			{gauge("finder.queue", "", whole(1, 2, 7)), []string{"finder.queue.size=7"}},
			{upDown("finder.queue", "By", cumulative, whole(1, 2, 9)), []string{"finder.queue.size=9"}},
		},
		"of another kind": {
			{gauge("finder.requests", "1", whole(1, 2, 5)), nil},
			{upDown("finder.queue", "By", deltas, whole(1, 2, 5)), nil},
			{sum("finder.queue", "By", deltas, whole(1, 2, 5)), nil},
			{sum("finder.requests", "1", 0, whole(1, 2, 5)), nil},
			{sum("finder.wait", "s", deltas, whole(1, 2, 5)), nil},
		},
	} {
		t.Run(name, func(t *testing.T) {
			inBoth(t, func(t *testing.T, kind string) { walk(t, kind, steps) })
		})
	}
}

// TestNumbersThatAreNone: each is counted, and none is taken.
func TestNumbersThatAreNone(t *testing.T) {
	none := whole(1, 2, 5)
	none.Flags = uint32(metrics.DataPointFlags_DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK)
	inBoth(t, func(t *testing.T, kind string) {
		h := walk(t, kind, []step{
			{gauge("finder.queue", "By", fraction(1, 2, nan), fraction(1, 2, inf), fraction(1, 2, -inf), fraction(1, 2, 1e300), whole(1, 2, -1), none), nil},
			{sum("finder.requests", "1", deltas, fraction(1, 2, nan), whole(1, 2, -5)), nil},
		})
		if got, want := h.dropped(), []string{`metric "finder.queue" out_of_range 1`, `metric "finder.queue" value 4`, `metric "finder.requests" value 2`}; !slices.Equal(got, want) {
			t.Errorf("dropped %q, want %q", got, want)
		}
	})
}

var errDisk = errors.New("the disk is broken")

// TestOfferedAgain: what could not be kept is asked for again, and counts once.
func TestOfferedAgain(t *testing.T) {
	h := newHouse(t)
	h.fail = errDisk
	m := instruments(of("finder"), sum("finder.requests", "1", cumulative, whole(1, 2, 5)))
	w := h.answer(asked("/v1/metrics", protobufType, encode(t, protobufType, m)))
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
		t.Errorf("answered %d, %v", w.Code, w.Header())
	}
	h.fail = nil
	h.post(protobufType, m)
	if got := h.taken(); !slices.Equal(got, []string{"12:00:02 1.2.3 finder.requests=5"}) {
		t.Errorf("taken %q", got)
	}
	h.post(protobufType, m) // the answer was lost
	if got := h.taken(); len(got) != 0 {
		t.Errorf("taken twice: %q", got)
	}
}

// TestForget: what was counted while a host did not take part is in no difference.
func TestForget(t *testing.T) {
	h := newHouse(t)
	total := func(second int, n int64) []string {
		h.post(protobufType, instruments(of("finder"), sum("finder.requests", "1", cumulative, whole(-1, second, n))))
		return h.taken()
	}
	total(1, 100)
	h.off = true
	h.Forget()
	h.off = false
	if got := total(2, 150); len(got) != 0 {
		t.Errorf("taken %q of what was before a yes", got)
	}
	if got := total(3, 151); !slices.Equal(got, []string{"12:00:03 1.2.3 finder.requests=1"}) {
		t.Errorf("taken %q", got)
	}
}

// TestManySeries: memory is bounded, and what was forgotten is not counted again.
func TestManySeries(t *testing.T) {
	const most = 2000
	h := newHouse(t)
	send := func(second, from, to int, n int64) (taken int64) {
		var points []*metrics.NumberDataPoint
		for i := from; i < to; i++ {
			points = append(points, whole(1, second, n, pair("id", fmt.Sprint(i))))
		}
		h.post(protobufType, instruments(of("finder"), sum("finder.requests", "1", cumulative, points...)))
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, r := range h.took {
			taken += r.Value.Number
		}
		h.took = nil
		return taken
	}
	if got := send(2, 0, most, 1); got != most {
		t.Errorf("counted %d of %d", got, most)
	}
	send(3, most, most+10, 1) // ten are forgotten
	if got := send(4, 0, 10, 2); got != 0 {
		t.Errorf("counted %d again", got)
	}
	if got := send(5, 100, 200, 3); got != 200 {
		t.Errorf("counted %d of those that are remembered", got)
	}
	if got := send(6, 3000, 3000+most+7, 1); got != 0 { // they may have been here, before the ten
		t.Errorf("counted %d", got)
	}
	if got := h.dropped(); !slices.Contains(got, `metric "finder.requests" too_many 7`) {
		t.Errorf("dropped %q", got)
	}
}
