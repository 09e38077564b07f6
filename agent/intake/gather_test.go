package intake_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// measure returns the measure of a metric with these labels, over all
// fragments of a tuple that begins with the facet.
func measure(fragments []codec.Fragment, facet, metric string, labels ...codec.Pair) (codec.Measure, bool) {
	for _, f := range fragments {
		if f.Facets[0].Name != facet {
			continue
		}
		for _, v := range f.Values {
			if v.Metric == metric && slices.Equal(v.Labels, append([]codec.Pair{}, labels...)) {
				return v, true
			}
		}
	}
	return codec.Measure{}, false
}

func pair(name, value string) codec.Pair { return codec.Pair{Name: name, Value: value} }

func TestCounts(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	h.take(
		record("menu.used", schema.Number(1), label("menu", "open")), record("menu.used", schema.Number(4), label("menu", "open")),
		record("menu.used", schema.Number(2), label("menu", "save")), record("menu.used", schema.Number(3)),
		record("open.time", schema.Number(99), label("menu", "open"), label("path", "/home/zoe")), record("open.time", schema.Number(100), label("menu", "open")),
		record("open.time", schema.Number(5000), label("menu", "open")),
		record("cache.used", schema.Number(10)), record("cache.used", schema.Number(1<<20)),
		record("cache.on", schema.Number(1)), record("cache.on", schema.Number(0)),
		record("fault", schema.Text("disk_full"), label("frames", "main.run run.go:3")), record("fault", schema.Text("disk_full")),
		record("rolled.only", schema.Number(5)), record("crash", schema.Text("zoe")),
	)
	pages, fragments := h.gather()
	none := []uint64{}
	for _, want := range []codec.Measure{
		{Metric: "os.type", Labels: []codec.Pair{pair("value", "linux")}, Count: 1, Buckets: none},
		{Metric: "service.version", Labels: []codec.Pair{pair("value", "5.3.1")}, Count: 1, Buckets: none},
		{Metric: "menu.used", Labels: []codec.Pair{pair("menu", "open")}, Count: 5, Sum: 5, Buckets: none},
		{Metric: "menu.used", Labels: []codec.Pair{pair("menu", "save")}, Count: 2, Sum: 2, Buckets: none},
		{Metric: "menu.used", Labels: []codec.Pair{}, Count: 3, Sum: 3, Buckets: none},
		{Metric: "open.time", Labels: []codec.Pair{pair("menu", "open")}, Count: 3, Sum: 5199, Buckets: []uint64{1, 1, 1}},
		{Metric: "cache.used", Labels: []codec.Pair{}, Count: 2, Buckets: []uint64{1, 0, 1}},
		{Metric: "cache.on", Labels: []codec.Pair{}, Count: 2, Sum: 1, Buckets: none},
		{Metric: "fault", Labels: []codec.Pair{pair("value", "disk_full")}, Count: 2, Buckets: none},
		{Metric: "rolled.only", Labels: []codec.Pair{}, Count: 1, Buckets: []uint64{1, 0}},
	} {
		got, ok := measure(fragments, "service.version", want.Metric, want.Labels...)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%s %v: got %+v, want %+v", want.Metric, want.Labels, got, want)
		}
	}
	if got, ok := measure(fragments, "host.memory", "host.memory"); !ok || got.Count != 1 || !slices.Equal(got.Buckets, []uint64{0, 0, 1}) {
		t.Errorf("host.memory: %+v, %v", got, ok)
	}
	if len(fragments) != 2 {
		t.Errorf("%d fragments of two tuples", len(fragments))
	}
	// The page has every record but the one that is for roll-ups only.
	if len(pages) != 1 || len(pages[0].Records) != 3+15-1 {
		t.Errorf("%d pages, want one of 17 records", len(pages))
	}
}

// TestNothingCountedIsNoEvent: a counter that a product adds nothing to was
// not used.
func TestNothingCountedIsNoEvent(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	h.take(record("menu.used", schema.Number(0)))
	_, fragments := h.gather()
	if got, ok := measure(fragments, "service.version", "menu.used"); ok {
		t.Errorf("menu.used: %+v, want none", got)
	}
}

func TestOneFragmentADayAndTuple(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	for back := range 3 {
		for _, version := range []string{"5.3.1", "5.4.0"} {
			r := record("menu.used", schema.Number(1))
			r.Time, r.Product.Version = monday.AddDate(0, 0, -back).Unix(), version
			h.take(r, r)
		}
	}
	_, fragments := h.gather()
	seen := map[string]int{}
	for _, f := range fragments {
		seen[fmt.Sprint(f.Day, f.Facets)]++
	}
	for key, n := range seen {
		if n != 1 {
			t.Errorf("%d fragments of %s", n, key)
		}
	}
	if len(fragments) != 3*2+1 {
		t.Errorf("%d fragments, want one for each of three days and two versions, and one of the memory", len(fragments))
	}
	for _, f := range fragments {
		if f.Facets[0].Name != "service.version" {
			continue
		}
		if got, _ := measure([]codec.Fragment{f}, "service.version", "menu.used"); got.Count != 2 {
			t.Errorf("%s %v counts %d", f.Day, f.Facets, got.Count)
		}
	}
}

// TestUnknownFacet: until a host fact is known, its tuples are not guessed.
func TestUnknownFacet(t *testing.T) {
	h := newHouse(t)
	h.take(record("menu.used", schema.Number(1)))
	pages, fragments := h.gather()
	if len(pages) != 1 || len(fragments) != 0 {
		t.Errorf("%d pages and %d fragments, want the page alone", len(pages), len(fragments))
	}
	h.take(facts()...)
	h.gather()
	h.take(record("menu.used", schema.Number(1)))
	h.crash() // a fact is remembered with the cut
	_, fragments = h.gather()
	if got, _ := measure(fragments, "service.version", "menu.used"); got.Count != 1 {
		t.Errorf("%d fragments, and no count", len(fragments))
	}
}

func TestStateIsCountedOnceADay(t *testing.T) {
	h := newHouse(t)
	count := func() (n uint64) {
		_, fragments := h.gather()
		for _, f := range fragments {
			for _, v := range f.Values {
				if v.Metric == "volume.kind" {
					n += v.Count
				}
			}
		}
		return n
	}
	h.take(facts()...)
	flash := func(slot string) schema.Record {
		return record("volume.kind", schema.Text("flash"), label("slot", slot))
	}
	h.take(flash("first"), flash("first"))
	if got := count(); got != 1 {
		t.Errorf("counted %d times in one gathering, want once", got)
	}
	h.take(flash("first"))
	h.crash()
	if got := count(); got != 0 {
		t.Errorf("counted %d times again on the same day", got)
	}
	h.take(flash("second"), record("volume.kind", schema.Text("disk"), label("slot", "first")))
	if got := count(); got != 2 {
		t.Errorf("counted %d, want another slot and another value once each", got)
	}
	h.set(h.now.AddDate(0, 0, 1))
	h.take(flash("first"))
	if got := count(); got != 1 {
		t.Errorf("counted %d on the next day, want once", got)
	}
}

func TestTripwireAtGather(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	h.take(record("fault", schema.Text("disk_full"), label("frames", "main.open open.go:3")))
	h.needle = "open.go" // a product said so only now
	n, err := h.intake.Gather(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	batches := h.pending()
	if n != len(batches) {
		t.Errorf("%d are said to be ready, %d are pending", n, len(batches))
	}
	for _, b := range batches {
		if b.Kind == envelope.Page {
			t.Error("the page that trips is in the spool")
		}
	}
	if len(batches) != 2 {
		t.Errorf("%d batches, want the two fragments, which do not trip", len(batches))
	}
	if len(h.blocked) != 1 || h.blocked[0].Kind != envelope.Page || len(h.blocked[0].Plain) == 0 {
		t.Fatalf("blocked %d batches, want the page", len(h.blocked))
	}
	if got := h.intake.Refused()[intake.ReasonIdentifies]; got != uint64(h.blocked[0].Records) {
		t.Errorf("counted %d, want the %d records of the page", got, h.blocked[0].Records)
	}
	if kept, _, _, _ := h.spool.Uncut(); len(kept) != 0 {
		t.Errorf("%d records would be gathered again", len(kept))
	}
	if files := onDisk(t, h.dir, h.blocked[0].ID[:]); files {
		t.Error("the blocked batch is on disk in the spool")
	}
}

func TestEphemeralHost(t *testing.T) {
	h := newHouse(t)
	c := h.config(h.spool)
	c.Ephemeral = true
	h.intake = intake.New(c)
	h.take(facts()...)
	preview, err := h.intake.Preview()
	if err != nil {
		t.Fatal(err)
	}
	if pages, fragments := h.decode(preview); len(pages) != 0 || len(fragments) != 2 {
		t.Errorf("preview of %d pages and %d fragments", len(pages), len(fragments))
	}
	if pages, fragments := h.gather(); len(pages) != 0 || len(fragments) != 2 {
		t.Errorf("%d pages and %d fragments, want fragments only", len(pages), len(fragments))
	}
}

// TestPreview: what is shown is what would be made, but for random IDs, and
// looking changes nothing.
func TestPreview(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	h.take(record("menu.used", schema.Number(2)), record("crash", schema.Text("zoe")))
	shown := func() ([]codec.Page, []codec.Fragment) {
		batches, err := h.intake.Preview()
		if err != nil {
			t.Fatal(err)
		}
		return h.decode(batches)
	}
	pages, fragments := shown()
	pagesAgain, fragmentsAgain := shown()
	if st := h.spool.Stats(); st.Records != 5 || st.Batches != 0 || h.spool.State() != nil || !h.intake.Waiting() {
		t.Errorf("looking changed the spool: %+v", st)
	}
	madePages, madeFragments := h.gather()
	blankIDs(pages)
	blankIDs(pagesAgain)
	blankIDs(madePages)
	if !reflect.DeepEqual(pages, madePages) || !reflect.DeepEqual(pages, pagesAgain) {
		t.Errorf("preview %+v, made %+v", pages, madePages)
	}
	if !reflect.DeepEqual(fragments, madeFragments) || !reflect.DeepEqual(fragments, fragmentsAgain) {
		t.Errorf("preview %+v, made %+v", fragments, madeFragments)
	}
}

func blankIDs(pages []codec.Page) {
	for i := range pages {
		pages[i].Batch = schema.BatchID{}
	}
}

// TestCrashMakesNoDouble stops the host between gathering and the reply.
func TestCrashMakesNoDouble(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	h.take(record("menu.used", schema.Number(1)))
	h.crash()
	if _, err := h.intake.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := h.pending()
	h.crash()
	if n, err := h.intake.Gather(t.Context()); n != 0 || err != nil {
		t.Errorf("gathered %d again, %v", n, err)
	}
	after := h.pending()
	if !reflect.DeepEqual(ids(before), ids(after)) || len(after) != 3 {
		t.Errorf("pending %d before and %d after the crash, want the same three", len(before), len(after))
	}
	_, fragments := h.decode(after)
	if got, _ := measure(fragments, "service.version", "menu.used"); got.Count != 1 {
		t.Errorf("counted %d, want 1", got.Count)
	}
}

func ids(batches []spool.Batch) (out []schema.BatchID) {
	for _, b := range batches {
		out = append(out, b.ID)
	}
	return out
}

// TestGatherEmpty: nothing waits, nothing is made, whatever the clock says.
func TestGatherEmpty(t *testing.T) {
	h := newHouse(t)
	for _, now := range []time.Time{monday, time.Unix(0, 0)} {
		h.set(now)
		if n, err := h.intake.Gather(t.Context()); n != 0 || err != nil {
			t.Errorf("%s: %d, %v", now, n, err)
		}
	}
}
