package rig

import (
	"cmp"
	"context"
	"sync"
	"testing"
)

// Ledger offers records, each with a value of its own, and remembers which of
// them the agent accepted: what it then owes. It is safe for concurrent use.
type Ledger struct {
	// Version is that of the product that reports; "" is [ProductVersion]. With
	// one of its own, sums of these records can be told from those of others.
	Version string

	mu       sync.Mutex
	offered  int64
	accepted []int64
	refused  []int64
}

// firstOwed is far longer, in microseconds, than any operation of Tacit that a
// test waits for, so that no record of its own has such a value.
const firstOwed = 1_000_000_000

// Offer offers n new records and returns what was said to them. Those that got
// no answer may be kept or not; the ledger does not count on them.
func (l *Ledger) Offer(ctx context.Context, dir string, n int) ([]Answer, error) {
	l.mu.Lock()
	first := firstOwed + l.offered
	l.offered += int64(n)
	l.mu.Unlock()
	records := make([]Offered, n)
	for i := range records {
		records[i] = Took(first + int64(i))
	}
	answers, err := OfferAs(ctx, dir, "tacit", cmp.Or(l.Version, ProductVersion), records)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, a := range answers {
		if a.Accepted() {
			l.accepted = append(l.accepted, first+int64(i))
		} else {
			l.refused = append(l.refused, first+int64(i))
		}
	}
	return answers, nil
}

// MustOffer offers n new records, all of which must be accepted.
func (l *Ledger) MustOffer(t testing.TB, dir string, n int) {
	t.Helper()
	answers, err := l.Offer(t.Context(), dir, n)
	if err != nil {
		t.Fatalf("offer records: %v", err)
	}
	for _, a := range answers {
		if !a.Accepted() {
			t.Fatalf("a record is %s: %s", a.Status, a.Reason)
		}
	}
}

// CheckExact is CheckPaid and CheckOnce.
func (l *Ledger) CheckExact(t testing.TB, tl Timeline) {
	t.Helper()
	l.CheckPaid(t, tl)
	l.CheckOnce(t, tl)
}

// Accepted returns the values that were accepted so far.
func (l *Ledger) Accepted() []int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]int64(nil), l.accepted...)
}

// Missing returns which of the values stand in no record of the timeline.
func Missing(tl Timeline, values []int64) (missing []int64) {
	times := count(tl)
	for _, v := range values {
		if times[v] == 0 {
			missing = append(missing, v)
		}
	}
	return missing
}

// count counts the ledger's values in a timeline.
func count(tl Timeline) map[int64]int {
	times := map[int64]int{}
	for _, r := range tl.Records {
		if v, ok := r.Value.(float64); ok && r.Metric == "tacit.operation.duration" && int64(v) >= firstOwed {
			times[int64(v)]++
		}
	}
	return times
}

// CheckPaid fails when a record that was accepted is not in the timeline.
func (l *Ledger) CheckPaid(t testing.TB, tl Timeline) {
	t.Helper()
	accepted := l.Accepted()
	if missing := Missing(tl, accepted); len(missing) > 0 {
		t.Errorf("%d of %d accepted records are lost, the first is number %d", len(missing), len(accepted), missing[0]-firstOwed)
	}
}

// CheckOnce fails when a record is in the timeline twice, was refused, or was
// never offered.
func (l *Ledger) CheckOnce(t testing.TB, tl Timeline) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	times := count(tl)
	for _, v := range l.refused {
		if times[v] > 0 {
			t.Errorf("a record that was refused is in the timeline: number %d", v-firstOwed)
		}
	}
	twice, strange := 0, 0
	for v, n := range times {
		if n > 1 {
			twice++
		}
		if v >= firstOwed+l.offered {
			strange++
		}
	}
	if twice > 0 || strange > 0 {
		t.Errorf("in the timeline, %d records stand more than once and %d were never offered", twice, strange)
	}
}
