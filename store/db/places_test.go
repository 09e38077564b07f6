package db

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// openHalves counts what is open.
func openHalves(d *DB) (n int) {
	for _, p := range d.opened() {
		p.mu.Lock()
		if p.half != nil {
			n++
		}
		p.mu.Unlock()
	}
	return n
}

func TestFewHalvesStayOpen(t *testing.T) {
	d := open(t, t.TempDir())
	for m := nov - 20; m <= nov; m++ {
		commit(t, d, m, batch("a", 2, 10), fragment("f", 2, 10))
	}
	if n, most := openHalves(d), mostOpen(PagesHalf)+mostOpen(SumsHalf); n > most {
		t.Errorf("%d halves are open, at most %d should be", n, most)
	}
	for m := nov - 20; m <= nov; m++ {
		checkReport(t, d, m, Report{Pages: Findings{Rows: 2}, Sums: Findings{Rows: 3}})
	}
	for k, p := range d.opened() {
		d.closeUnused(p, k, time.Now().Add(-time.Minute), true)
	}
	if n := openHalves(d); n == 0 {
		t.Error("what was used lately was closed")
	}
	rest(d)
	if n := openHalves(d); n != 0 {
		t.Errorf("%d halves are open that nobody uses", n)
	}
}

// TestReadersAndWritersAtOnce commits, reads, verifies, deletes and closes at
// the same time, and nothing is lost or seems lost.
func TestReadersAndWritersAtOnce(t *testing.T) {
	d := open(t, t.TempDir())
	commit(t, d, nov, batch("first", 100, 100))
	ctx, stop := context.WithCancel(t.Context())
	var others sync.WaitGroup
	loop := func(fn func(i int) error) {
		others.Go(func() {
			for i := 0; ctx.Err() == nil; i++ {
				if err := fn(i); err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
					return
				}
			}
		})
	}
	loop(func(int) error {
		r, err := d.Verify(ctx, nov, nil)
		if err == nil && !r.Sound() {
			err = fmt.Errorf("verify: %+v", r)
		}
		return err
	})
	loop(func(int) error { rest(d); return nil })
	loop(func(int) error {
		n := 0
		err := d.Scan(ctx, nov, Pages, []byte("first"), func(_, _ []byte) error { n++; return nil })
		if err == nil && (n < 50 || n > 100) {
			err = fmt.Errorf("%d rows", n)
		}
		return err
	})
	if err := d.Delete(ctx, nov, Pages, keysOf(batch("first", 50, 100))); err != nil {
		t.Error(err)
	}
	for i := range 8 {
		commit(t, d, nov, batch(fmt.Sprint("p", i), 10, 500), fragment(fmt.Sprint("f", i), 5, 100))
		if err := d.Delete(t.Context(), nov, Pages, keysOf(batch(fmt.Sprint("p", i), 2, 500))); err != nil {
			t.Error(err)
		}
	}
	stop()
	others.Wait()
	checkReport(t, d, nov, Report{Pages: Findings{Rows: 50 + 8*8}, Sums: Findings{Rows: 41}})
}

// TestACrashBeforeTheManifestLeavesNothingUnlisted ends between a transaction
// and its entries: they are listed when the half is opened again.
func TestACrashBeforeTheManifestLeavesNothingUnlisted(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 5, 10), fragment("f", 5, 10))
	for _, h := range []*half{at(t, d, PagesHalf), at(t, d, SumsHalf)} {
		s := newStage(h)
		b := batch("b", 7, 10)
		if h.kind == SumsHalf {
			b = fragment("g", 6, 10)
		}
		if err := errors.Join(s.take(t.Context(), b), s.write(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	killed := open(t, snapshot(t, dir))
	checkReport(t, killed, nov, Report{Pages: Findings{Rows: 12}, Sums: Findings{Rows: 12}})
	if got := killed.Damaged(); len(got) > 0 {
		t.Errorf("damaged: %v", got)
	}
}

// TestTheOrderOfGroupsDoesNotStay: when the day is over the manifest has no
// tail, and a closed half has one level of tables.
func TestTheOrderOfGroupsDoesNotStay(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	for i := range 10 {
		commit(t, d, nov, batch(fmt.Sprint(i), 5, 1000))
	}
	tails := func() int64 {
		h := at(t, d, PagesHalf)
		h.manifest.mu.Lock()
		defer h.manifest.mu.Unlock()
		return h.manifest.tails[len(h.manifest.tails)-1].entries()
	}
	today := schema.DayOf(now)
	if at(t, d, PagesHalf).manifest.due(today); tails() != 50 {
		t.Fatalf("%d entries in the tail", tails())
	}
	p := d.opened()[placeKey{nov, PagesHalf}]
	d.cfg.Now = func() time.Time { return now.Add(24 * time.Hour) }
	d.settle(t.Context(), p, placeKey{nov, PagesHalf})
	if tails() != 0 {
		t.Errorf("%d entries in the tail on the next day", tails())
	}
	rest(d)
	left, err := filepath.Glob(filepath.Join(dir, "data", nov.String(), "pages", "*.mem"))
	if err != nil || len(left) > 0 {
		t.Errorf("%d logs are left, %v", len(left), err)
	}
	again := at(t, d, PagesHalf)
	for _, l := range again.badger.Levels() {
		if l.Level == 0 && l.NumTables > 0 {
			t.Errorf("%d tables are left as they were written", l.NumTables)
		}
	}
	for _, table := range again.badger.Tables() {
		if table.MaxVersion > deletedVersion {
			t.Errorf("a table has version %d", table.MaxVersion)
		}
	}
}
