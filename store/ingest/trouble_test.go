package ingest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/db"
)

// damage makes a half of a month one that does not open, and returns what mends
// it.
func (b *bench) damage(m schema.Month, h db.Half) (mend func()) {
	b.t.Helper()
	path := filepath.Join(b.data, m.String(), h.String(), "MANIFEST")
	rewrite := func(content []byte) {
		b.t.Helper()
		if err := errors.Join(b.db.Close(), os.WriteFile(path, content, 0o600)); err != nil {
			b.t.Fatal(err)
		}
		b.open(b.cfg.Conn)
	}
	if err := b.db.Close(); err != nil { // closing writes it
		b.t.Fatal(err)
	}
	was, err := os.ReadFile(path)
	if err != nil {
		b.t.Fatal(err)
	}
	b.open(b.cfg.Conn)
	rewrite([]byte("damaged"))
	return func() { rewrite(was) }
}

// TestADamagedHalfHoldsUpNothingElse: what belongs to it has no answer; the other
// half, the other months and the crates themselves go on, when its rows are read
// and when they are only written.
func TestADamagedHalfHoldsUpNothingElse(t *testing.T) {
	b := newBench(t, firstDay)
	was := firstDay - 40
	seal := func(k envelope.Kind, d schema.Day) *envelope.Sealed { return b.seal(firstDay, b.content(k, d, 1)) }
	repeat := seal(envelope.Fragment, was)
	if got := b.one(repeat, seal(envelope.Page, was)); !slices.Equal(got, []wire.Status{wire.Stored, wire.Stored}) {
		t.Fatalf("%v", got)
	}
	b.damage(was.Month(), db.PagesHalf)
	crates := [][]*envelope.Sealed{
		{seal(envelope.Page, was), seal(envelope.Page, firstDay), seal(envelope.Fragment, was)},
		{seal(envelope.Page, was)},
		{repeat, seal(envelope.Fragment, firstDay)},
	}
	parcels, got := b.give(crates...)
	if want := []wire.Status{none, wire.Stored, wire.Stored, none, wire.Stored, wire.Stored}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for i, p := range parcels {
		if p.acked != 1 || p.nakd != 0 {
			t.Errorf("crate %d is acknowledged %d times, handed back %d times", i, p.acked, p.nakd)
		}
	}
	if n := b.Counts().Outcomes["trouble"]; n != 1 {
		t.Errorf("%d troubles are counted, want one of the group", n)
	}
}

// TestACommitThatFailsTakesBackItsHalfOnly: the rows of both halves of a month are
// written at once, and one cannot be.
func TestACommitThatFailsTakesBackItsHalfOnly(t *testing.T) {
	b := newBench(t, firstDay)
	first := b.content(envelope.Page, firstDay, 1)
	b.one(b.seal(firstDay, first))
	var crate []*envelope.Sealed
	for _, k := range []envelope.Kind{envelope.Page, envelope.Fragment, envelope.Page} {
		crate = append(crate, b.seal(firstDay, b.content(k, firstDay, 1)))
	}
	var mend func()
	b.cfg.DB = &hurtLate{bench: b, hurt: func() { mend = b.damage(firstDay.Month(), db.PagesHalf) }}
	parcels, got := b.give(crate)
	if want := []wire.Status{none, wire.Stored, none}; !slices.Equal(got, want) || parcels[0].acked != 1 {
		t.Errorf("%v, want %v; acknowledged %d times", got, want, parcels[0].acked)
	}
	mend()
	if _, got := b.give(crate); slices.Contains(got, none) {
		t.Errorf("sent again: %v", got)
	}
	if n := b.counted(firstDay, firstDay); n != 4 {
		t.Errorf("%d are counted, want 4", n)
	}
}

// hurtLate is the store's rows, which are hurt between look-up and commit.
type hurtLate struct {
	*bench
	hurt func()
}

func (h *hurtLate) Keys(m schema.Month) (db.MonthKeys, error) { return h.db.Keys(m) }

func (h *hurtLate) Get(m schema.Month, t db.Table, key []byte) ([]byte, bool, error) {
	return h.db.Get(m, t, key)
}

func (h *hurtLate) Commit(ctx context.Context, g db.Group) error {
	h.hurt()
	return h.db.Commit(ctx, g)
}

// TestWithoutRoomCratesComeAgain: they are handed back, and nothing of them is
// answered.
func TestWithoutRoomCratesComeAgain(t *testing.T) {
	b := newBench(t, firstDay)
	b.headroom = 1 << 62
	b.restart()
	parcels, got := b.give([]*envelope.Sealed{b.seal(firstDay, b.content(envelope.Page, firstDay, 1)), b.seal(firstDay, b.content(envelope.Page, firstDay+2, 1))})
	if got[0] != none || got[1] != none || parcels[0].acked != 0 || parcels[0].nakd != 1 {
		t.Errorf("%v, acknowledged %d times, handed back %d times", got, parcels[0].acked, parcels[0].nakd)
	}
}
