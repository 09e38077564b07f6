package intake_test

import (
	"math/rand/v2"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
)

// TestPagesAreFilled: padding is most of what a page costs that is not filled,
// whatever its records take. The last of a gathering is as full as it is.
func TestPagesAreFilled(t *testing.T) {
	for name, make := range map[string]func(r *rand.Rand) schema.Record{
		"alike": func(*rand.Rand) schema.Record { return record("menu.used", schema.Number(1), label("menu", "open")) },
		"times": func(r *rand.Rand) schema.Record {
			return record("open.time", schema.Number(int64(r.ExpFloat64()*40_000)), label("menu", "open"))
		},
		"large numbers": func(r *rand.Rand) schema.Record { return record("cache.size", schema.Number(r.Int64())) },
	} {
		t.Run(name, func(t *testing.T) {
			h, random, total := newHouse(t), rand.New(rand.NewPCG(1, 2)), 10_000
			for range total / 500 {
				var records []schema.Record
				for range 500 {
					one := make(random)
					one.Time = monday.Unix() - random.Int64N(3600)
					records = append(records, one)
				}
				h.take(records...)
			}
			if _, err := h.intake.Gather(t.Context()); err != nil {
				t.Fatal(err)
			}
			pages, thin, on := 0, 0, 0
			for _, b := range h.pending() {
				if b.Kind != envelope.Page {
					continue
				}
				pages, on = pages+1, on+b.Records
				if len(b.Plain) > page.Capacity {
					t.Errorf("%d records take %d bytes, more than a page has", b.Records, len(b.Plain))
				}
				if len(b.Plain) < page.Capacity*85/100 && b.Records < 4096 {
					thin++
				}
			}
			if cuts := 2; on != total || thin > cuts {
				t.Errorf("%d of %d records on %d pages, %d of which are not full", on, total, pages, thin)
			}
		})
	}
}

// TestErrorsAreUrgent: an error's report is what support waits for.
func TestErrorsAreUrgent(t *testing.T) {
	h := newHouse(t)
	h.take(record("menu.used", schema.Number(1), label("menu", "open")))
	if _, err := h.intake.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.take(record("menu.used", schema.Number(1), label("menu", "open")), record("fault", schema.Text("disk_full")))
	if _, err := h.intake.Gather(t.Context()); err != nil {
		t.Fatal(err)
	}
	urgent := map[int]bool{} // by records
	for _, b := range h.pending() {
		if b.Kind == envelope.Page {
			urgent[b.Records] = b.Urgent
		} else if b.Urgent {
			t.Error("a fragment is urgent: it has no report")
		}
	}
	if len(urgent) != 2 || urgent[1] || !urgent[2] {
		t.Errorf("urgent by number of records: %v", urgent)
	}
}

// TestOneOfManyTrips: what trips is refused, and nothing beside it.
func TestOneOfManyTrips(t *testing.T) {
	h := newHouse(t)
	h.needle = "4711"
	var records []schema.Record
	for i := range 100 {
		records = append(records, record("cache.size", schema.Number(int64(i))))
	}
	records[17].Value = schema.Number(94711) // a number has no digits in its bytes
	records[63].Value = schema.Number(4711)
	answers, err := h.intake.Take(t.Context(), records, false)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range answers {
		trips := i == 17 || i == 63
		if a.Accepted == trips || trips && a.Reason != intake.ReasonIdentifies {
			t.Errorf("record %d: %+v", i, a)
		}
	}
	if kept, _, _, _ := h.spool.Uncut(); len(kept) != 98 {
		t.Errorf("%d records are kept, want 98", len(kept))
	}
}
