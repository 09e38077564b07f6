package db

import (
	"fmt"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// openedPages returns the open pages of a month; nil when they are not open.
func openedPages(d *DB, m schema.Month) *half {
	p := d.opened()[placeKey{m, PagesHalf}]
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.half
}

// TestQuietMonths: the months before the last have little memory, and take all the
// same what comes late.
func TestQuietMonths(t *testing.T) {
	d := open(t, t.TempDir())
	for m := nov - 2; m <= nov; m++ {
		var late []Batch
		for i := range 100 {
			late = append(late, batch(fmt.Sprint(i, "-"), 5, 4000))
		}
		late = append(late, batch("long", 1, MaxValueLen))
		commit(t, d, m, late...)
		if h := openedPages(d, m); h.quiet != (m == nov-2) {
			t.Errorf("%s is quiet: %v", m, h.quiet)
		}
		checkReport(t, d, m, Report{Pages: Findings{Rows: 501}})
	}
}

// TestQuietAfterACrash: what a crash left of a month that was busy does not fit into
// little memory, and comes back.
func TestQuietAfterACrash(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	for i := range 20 {
		commit(t, d, nov, batch(fmt.Sprint(i, "-"), 100, 4000)) // 8 MB, and no table yet
	}
	killed, err := Open(Config{
		Dir: snapshot(t, dir) + "/data", Secrets: box(t, dir+"/keys"), Now: func() time.Time { return now.AddDate(0, 3, 0) },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer killed.Close()
	if n := count(t, killed, nov, ""); n != 2000 || openedPages(killed, nov).quiet {
		t.Errorf("%d rows, quiet: %v", n, openedPages(killed, nov).quiet)
	}
}

// TestWhatIsOnlyReadStaysOpen: a lookup finds the months open that one before it
// read, and a year of them at once.
func TestWhatIsOnlyReadStaysOpen(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	for m := nov - 13; m <= nov; m++ {
		commit(t, d, m, batch("a", 2, 10))
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	for m := nov - 13; m <= nov; m++ {
		count(t, d, m, "")
	}
	commit(t, d, nov, batch("b", 2, 10))
	for m := nov - 13; m <= nov; m++ {
		p := d.opened()[placeKey{m, PagesHalf}]
		if want := map[bool]time.Duration{true: readTime, false: idleTime}[m < nov]; openedPages(d, m) == nil || p.rests() != want {
			t.Errorf("%s is open: %v, and rests for %v, want %v", m, openedPages(d, m) != nil, p.rests(), want)
		}
	}
	if err := d.Delete(t.Context(), nov-5, Pages, keysOf(batch("a", 1, 10))); err != nil {
		t.Fatal(err)
	}
	if p := d.opened()[placeKey{nov - 5, PagesHalf}]; p.rests() != idleTime {
		t.Errorf("what was deleted lies in its tables for %v", p.rests())
	}
}
