package intake_test

import (
	"math"
	"reflect"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// opened is a record of n operations that took so long.
func opened(n uint32, micros int64) schema.Record {
	r := record("open.time", schema.Number(micros), label("menu", "open"))
	r.Count = n
	return r
}

// TestRecordsOfSeveralEvents: a record of many is as many records.
func TestRecordsOfSeveralEvents(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	h.take(opened(3, 99), opened(0, 100), opened(1, 100), opened(1000, 5000))
	pages, fragments := h.gather()
	want := codec.Measure{
		Metric: "open.time", Labels: []codec.Pair{pair("menu", "open")}, Count: 1005, Sum: 3*99 + 2*100 + 1000*5000, Buckets: []uint64{3, 2, 1000},
	}
	if got, ok := measure(fragments, "service.version", want.Metric, want.Labels...); !ok || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	var counts []uint32
	for _, r := range pages[0].Records {
		if r.Metric == "open.time" {
			counts = append(counts, r.Count)
		}
	}
	if !reflect.DeepEqual(counts, []uint32{3, 0, 0, 1000}) {
		t.Errorf("the page counts %v", counts)
	}
}

// TestOnlyDurationsCount: the others say by their value how often, or hold.
func TestOnlyDurationsCount(t *testing.T) {
	h := newHouse(t)
	used := record("menu.used", schema.Number(1), label("menu", "open"))
	used.Count = 2
	answers, err := h.intake.Take(t.Context(), []schema.Record{used, opened(schema.MaxCount+1, 1), opened(schema.MaxCount, 1)}, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []intake.Answer{{Reason: "bad_count"}, {Reason: "bad_count"}, {Accepted: true}}
	if !reflect.DeepEqual(answers, want) {
		t.Errorf("got %+v, want %+v", answers, want)
	}
}

// TestHugeCounts: more events than a store takes are cut off, and the rest of
// the measure agrees with that.
func TestHugeCounts(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	records := make([]schema.Record, registry.MaxCount/schema.MaxCount+2)
	for i := range records {
		records[i] = opened(schema.MaxCount, int64(i%2)*math.MaxInt32)
	}
	h.take(records...)
	_, fragments := h.gather()
	for i := range fragments {
		if err := h.reg.CheckFragment(&fragments[i]); err != nil {
			t.Error(err)
		}
	}
	got, _ := measure(fragments, "service.version", "open.time", pair("menu", "open"))
	if got.Count != registry.MaxCount || got.Sum <= 0 {
		t.Errorf("%+v, want the count at its bound", got)
	}
}

// TestCountIsLookedAt: a number that must not leave may come as a count.
func TestCountIsLookedAt(t *testing.T) {
	h := newHouse(t)
	h.needle = "470815"
	answers, err := h.intake.Take(t.Context(), []schema.Record{opened(2, 5), opened(470815, 5), opened(7, 470815)}, false)
	if err != nil {
		t.Fatal(err)
	}
	want := []intake.Answer{{Accepted: true}, {Reason: intake.ReasonIdentifies}, {Reason: intake.ReasonIdentifies}}
	if !reflect.DeepEqual(answers, want) {
		t.Errorf("got %+v, want %+v", answers, want)
	}
}
