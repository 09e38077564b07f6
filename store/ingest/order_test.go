package ingest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/db"
)

// watched is the store's rows, and which halves were asked for in which order.
type watched struct {
	*db.DB
	asked   []string
	written []schema.Month
}

func (w *watched) Get(m schema.Month, t db.Table, key []byte) ([]byte, bool, error) {
	w.asked = append(w.asked, fmt.Sprint(m, t.Half()))
	return w.DB.Get(m, t, key)
}

func (w *watched) Commit(ctx context.Context, g db.Group) error {
	w.written = append(w.written, g.Month)
	return w.DB.Commit(ctx, g)
}

// TestAGroupGoesFromHalfToHalf gives a group whose envelopes lie in all halves of
// the window by turns: each half is gone to once, and what comes twice is judged in
// the order in which it came.
func TestAGroupGoesFromHalfToHalf(t *testing.T) {
	b := newBench(t, firstDay)
	w := &watched{DB: b.db}
	b.cfg.DB = w
	var all []*envelope.Sealed
	var want []wire.Status
	add := func(c envelope.Content, status wire.Status) {
		all, want = append(all, b.seal(firstDay, c)), append(want, status)
	}
	twice := b.content(envelope.Fragment, firstDay-40, 1)
	other := b.content(envelope.Fragment, firstDay-40, 2)
	other.Batch = twice.Batch
	add(twice, wire.Stored)
	for n := range uint32(3) {
		for _, ago := range []schema.Day{0, 85, 30, 60} {
			add(b.content(envelope.Page, firstDay-ago, n), wire.Stored)
			add(b.content(envelope.Fragment, firstDay-ago, 1), wire.Stored)
		}
	}
	add(other, wire.Conflict)
	add(twice, wire.Stored)
	if got := b.one(all...); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if runs := slices.Compact(slices.Clone(w.asked)); len(w.asked) != 25 || len(runs) != 8 {
		t.Errorf("%d look-ups go from half to half %d times, want 25 and 8: %v", len(w.asked), len(runs), runs)
	}
	if !slices.IsSortedFunc(w.written, func(a, b schema.Month) int { return cmp.Compare(b, a) }) || len(w.written) != 4 {
		t.Errorf("written are %v, want four months from the newest on", w.written)
	}
	if n := b.counted(firstDay-90, firstDay); n != 25 {
		t.Errorf("%d are counted, want 25", n)
	}
}
