package upload

import (
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
)

// listed is a spool that only lists.
type listed struct {
	Spool
	batches []spool.Batch
}

func (l listed) Pending() []spool.Batch { return slices.Clone(l.batches) }

// TestNewestErrorsFirst: after weeks away the turn is made of pages that have a
// place, then of the newest errors, then of the newest.
func TestNewestErrorsFirst(t *testing.T) {
	var l listed
	add := func(n int, b spool.Batch) (ids []schema.BatchID) {
		for range n {
			b.ID = schema.NewBatchID()
			l.batches, ids = append(l.batches, b), append(ids, b.ID)
		}
		return ids
	}
	placed := add(3, spool.Batch{Kind: envelope.Page, Page: &spool.Assigned{}})
	oldErrors := add(4, spool.Batch{Kind: envelope.Page, Urgent: true})
	add(40, spool.Batch{Kind: envelope.Fragment})
	newErrors := add(4, spool.Batch{Kind: envelope.Page, Urgent: true})
	newest := add(23, spool.Batch{Kind: envelope.Fragment})
	held := add(1, spool.Batch{Kind: envelope.Fragment, Urgent: true})
	add(2, spool.Batch{Kind: envelope.Page})

	u := &Uploader{config: Config{Spool: l}}
	var got []schema.BatchID
	for _, b := range u.choose(map[schema.BatchID]bool{held[0]: true}) {
		got = append(got, b.ID)
	}
	want := slices.Concat(placed, newErrors, oldErrors[3:], newest) // eight pages have places
	if len(got) != maxTurn {
		t.Fatalf("%d envelopes in a turn, want %d", len(got), maxTurn)
	}
	for i, id := range want {
		if !slices.Contains(got, id) {
			t.Errorf("the %d-th in order is not in the turn", i+1)
		}
	}
}

// TestDelays: no two envelopes of a host leave together, all within the window,
// and those of many hosts that begin at one moment are spread evenly over it.
func TestDelays(t *testing.T) {
	const hosts, parts = 10_000, 60
	for _, n := range []int{1, 2, 8, 32} {
		var counts [parts]int
		for range hosts {
			delays := delaysIn(time.Hour, n)
			slot := time.Hour / time.Duration(n+1)
			for i, d := range delays {
				if d < 0 || d >= time.Hour || i > 0 && d-delays[i-1] < slot/2 {
					t.Fatalf("%d envelopes leave at %v", n, delays)
				}
				counts[d*parts/time.Hour]++
			}
		}
		mean := float64(hosts*n) / parts
		if peak := float64(slices.Max(counts[:])); peak > 3*mean {
			t.Errorf("%d envelopes: %.0f in the busiest minute, %.0f in the mean one", n, peak, mean)
		}
	}
	if d := delaysIn(0, 3); !slices.Equal(d, make([]time.Duration, 3)) {
		t.Errorf("in no time: %v", d)
	}
}
