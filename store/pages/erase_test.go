package pages

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
)

var mine, others = page.NewRoot([16]byte{1}), page.NewRoot([16]byte{2})

// shelf is rows, their ledger and their eraser on real files.
type shelf struct {
	t          *testing.T
	data, keys string
	rows       *db.DB
	ledger     *Ledger
	eraser     *Eraser
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, data: filepath.Join(t.TempDir(), "data"), keys: keysDir(t)}
	s.open()
	return s
}

func (s *shelf) open() {
	s.t.Helper()
	s.rows = openRows(s.t, s.data, s.keys)
	s.ledger = openLedger(s.t, s.keys)
	if err := s.newEraser(s.rows); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) newEraser(rows Rows) (err error) {
	s.eraser, err = NewEraser(s.t.Context(), EraserConfig{
		Rows: rows, Ledger: s.ledger, Dir: s.data, Today: func() calendar.Today { return calendar.On(day) },
	})
	return err
}

func (s *shelf) close() {
	s.t.Helper()
	if err := s.rows.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// erase wants that many pages to be erased.
func (s *shelf) erase(want int, items ...page.Erasure) {
	s.t.Helper()
	if got, err := s.eraser.Erase(s.t.Context(), items); got != (Outcome{Pages: want}) || err != nil {
		s.t.Errorf("erased %+v, %v, want %d", got, err, want)
	}
}

// count wants that many pages under a place.
func (s *shelf) count(want int, root page.Root, d schema.Day, n uint32) {
	s.t.Helper()
	asks := []Ask{{Day: d, Tag: root.Day(d).Tag(n)}}
	got := 0
	if _, err := New(s.rows, nil).Get(s.t.Context(), asks, func(Found) error { got++; return nil }); err != nil || got != want {
		s.t.Errorf("%d pages of %s number %d, %v, want %d", got, d, n, err, want)
	}
}

// keepKnown keeps a page with the row that knows its batch.
func (s *shelf) keepKnown(root page.Root, d schema.Day, n uint32) db.Row {
	s.t.Helper()
	row := keep(s.t, s.rows, root, d, n, "kept")
	batch := db.Row{Table: db.PageBatches, Key: row.Key[prefixLen:], Value: make([]byte, 16)}
	if err := s.rows.Commit(s.t.Context(), db.Group{Month: d.Month(), Batches: []db.Batch{{batch}}}); err != nil {
		s.t.Fatal(err)
	}
	return row
}

// knows says whether the row that knows a page's batch is there.
func (s *shelf) knows(d schema.Day, row db.Row) bool {
	s.t.Helper()
	_, ok, err := s.rows.Get(d.Month(), db.PageBatches, row.Key[prefixLen:])
	if err != nil {
		s.t.Fatal(err)
	}
	return ok
}

func TestErase(t *testing.T) {
	s := newShelf(t)
	own := s.keepKnown(mine, day, 0)
	s.keepKnown(mine, day, 0) // the same number, from a restored snapshot
	s.keepKnown(mine, day-40, 3)
	foreign := s.keepKnown(others, day, 0)
	right, tag := mine.EraseRight(day, 0), others.Day(day).Tag(0)
	s.erase(0,
		page.Erasure{Day: day, Tag: tag, Right: right},                              // a right that is not of that tag
		page.Erasure{Day: day, Tag: mine.Day(day).Tag(0), Right: page.EraseRight{}}, // no right
		mine.Erasure(day, 1),                                // never sent
		mine.Erasure(day-432, 0), mine.Erasure(day+1000, 0), // of days that nothing can be of
	)
	s.count(2, mine, day, 0)
	s.erase(3, mine.Erasure(day, 0), mine.Erasure(day-40, 3), mine.Erasure(day, 0))
	for range 2 {
		s.count(0, mine, day, 0)
		s.count(0, mine, day-40, 3)
		s.count(1, others, day, 0)
		if s.knows(day, own) || !s.knows(day, foreign) {
			t.Error("what knows the batches is not erased with the pages, or too much is")
		}
		s.erase(0, mine.Erasure(day, 0))
		s.close()
		s.open()
	}
	for _, one := range []struct {
		root   page.Root
		day    schema.Day
		n      uint32
		erased bool
	}{{mine, day, 0, true}, {mine, day, 1, true}, {mine, day - 40, 3, true}, {mine, day, 2, false}, {others, day, 0, false}} {
		p, err := page.Seal(one.root, one.day, one.n, page.Build{Release: 1, Version: "1"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := s.rows.Keys(one.day.Month())
		if err != nil {
			t.Fatal(err)
		}
		if s.eraser.Erased(keys, p) != one.erased {
			t.Errorf("%s number %d: erased is not %v", one.day, one.n, one.erased)
		}
	}
	if n := s.ledger.Tombstones(); n != 5 {
		t.Errorf("%d tombstones", n)
	}
}

// TestAnOlderCopyOfTheData is what an operator does who puts an old copy of the
// data directory back.
func TestAnOlderCopyOfTheData(t *testing.T) {
	s := newShelf(t)
	s.keepKnown(mine, day, 0)
	s.keepKnown(mine, day-30, 1)
	s.keepKnown(others, day, 0)
	s.close()
	older := filepath.Join(t.TempDir(), "older")
	if err := os.CopyFS(older, os.DirFS(s.data)); err != nil {
		t.Fatal(err)
	}
	s.open()
	s.erase(2, mine.Erasure(day, 0), mine.Erasure(day-30, 1))
	s.close()
	own(t, older)
	s.data = older
	s.open()
	s.count(0, mine, day, 0)
	s.count(0, mine, day-30, 1)
	s.count(1, others, day, 0)
}

// own takes the rights of others away.
func own(t *testing.T, dir string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		return errors.Join(err, os.Chmod(path, info.Mode()&0o700))
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestCrashBeforeTheRowsAreGone: the ledger comes first, and the next start makes
// good what a crash left.
func TestCrashBeforeTheRowsAreGone(t *testing.T) {
	s := newShelf(t)
	row := s.keepKnown(mine, day, 0)
	s.keepKnown(mine, day, 1)
	for _, broken := range []db.Table{db.PageBatches, db.Pages} {
		s.eraser.cfg.Rows = failing{s.rows, broken}
		if _, err := s.eraser.Erase(t.Context(), []page.Erasure{mine.Erasure(day, 0)}); !errors.Is(err, errDisk) {
			t.Fatalf("%v", err)
		}
		s.count(1, mine, day, 0)
	}
	// Meanwhile another erasure is carried out: the first stays undone.
	s.eraser.cfg.Rows = s.rows
	s.erase(1, mine.Erasure(day, 1))
	s.close()
	s.open()
	s.count(0, mine, day, 0)
	if s.knows(day, row) {
		t.Error("what knows the batch is still there")
	}
}

// failing deletes no rows of one table.
type failing struct {
	*db.DB
	table db.Table
}

var errDisk = errors.New("the disk says no")

func (f failing) Delete(ctx context.Context, m schema.Month, t db.Table, keys [][]byte) error {
	if t == f.table {
		return errDisk
	}
	return f.DB.Delete(ctx, m, t, keys)
}

// TestADamagedMonthHoldsUpNoOther: what can be erased is, and the rest when its
// month is mended.
func TestADamagedMonthHoldsUpNoOther(t *testing.T) {
	s := newShelf(t)
	s.keepKnown(mine, day, 0)
	s.keepKnown(mine, day-30, 0)
	s.eraser.cfg.Rows = unreadable{s.rows, day.Month()}
	n, err := s.eraser.Erase(t.Context(), []page.Erasure{mine.Erasure(day, 0), mine.Erasure(day-30, 0)})
	if n.Pages != 1 || !errors.Is(err, errDisk) {
		t.Errorf("erased %+v, %v", n, err)
	}
	s.count(0, mine, day-30, 0)
	if err := s.newEraser(unreadable{s.rows, day.Month()}); err != nil { // a start goes on, too
		t.Errorf("%v", err)
	}
	s.count(1, mine, day, 0)
	s.close()
	s.open()
	s.count(0, mine, day, 0)
}

// unreadable has a month that does not open.
type unreadable struct {
	*db.DB
	month schema.Month
}

func (u unreadable) Scan(ctx context.Context, m schema.Month, t db.Table, prefix []byte, each func(key, value []byte) error) error {
	if m == u.month {
		return errDisk
	}
	return u.DB.Scan(ctx, m, t, prefix, each)
}

// TestOlderLedger: keys that were restored from an old copy do not go unnoticed.
func TestOlderLedger(t *testing.T) {
	s := newShelf(t)
	s.erase(0, mine.Erasure(day, 0))
	old := readLedger(t, s.keys)
	s.erase(0, mine.Erasure(day, 1))
	writeLedger(t, s.keys, old)
	s.ledger = openLedger(t, s.keys)
	if err := s.newEraser(s.rows); !errors.Is(err, ErrOlder) {
		t.Errorf("%v", err)
	}
}

// TestADamagedRowIsErasedAsWell: it opens for nobody, but its bytes are there.
func TestADamagedRowIsErasedAsWell(t *testing.T) {
	s := newShelf(t)
	row := keep(t, s.rows, mine, day, 0, "damaged")
	row.Key = append(row.Key[:prefixLen:prefixLen], make([]byte, 16)...) // wrapped under another key
	if err := s.rows.Commit(t.Context(), db.Group{Month: day.Month(), Batches: []db.Batch{{row}}}); err != nil {
		t.Fatal(err)
	}
	s.erase(2, mine.Erasure(day, 0))
}

// TestHold: an erasure waits until what was judged before it is committed.
func TestHold(t *testing.T) {
	s := newShelf(t)
	release := s.eraser.Hold()
	done := make(chan int, 1)
	go func() {
		got, _ := s.eraser.Erase(context.Background(), []page.Erasure{mine.Erasure(day, 0)})
		done <- got.Pages
	}()
	select {
	case n := <-done:
		t.Fatalf("did not wait, and erased %d pages", n)
	case <-time.After(20 * time.Millisecond): // it has to be seen not to happen
	}
	s.keepKnown(mine, day, 0)
	release()
	if n := <-done; n != 1 {
		t.Errorf("erased %d pages", n)
	}
}

// TestErasedIsNotShown: what was erased and could not be taken from the rows is
// shown to nobody. Who erases finds it.
func TestErasedIsNotShown(t *testing.T) {
	s := newShelf(t)
	s.keepKnown(mine, day, 0)
	s.keepKnown(others, day, 0)
	broken := failing{s.rows, db.Pages}
	s.eraser.cfg.Rows = broken
	if _, err := s.eraser.Erase(t.Context(), []page.Erasure{mine.Erasure(day, 0)}); !errors.Is(err, errDisk) {
		t.Fatalf("%v", err)
	}
	if err := s.newEraser(broken); err != nil { // catching up fails as well
		t.Fatal(err)
	}
	held := New(s.rows, nil)
	shown := held.Without(s.ledger)
	for want, root := range []page.Root{mine, others} {
		asks := []Ask{{Day: day, Tag: root.Day(day).Tag(0)}}
		if a, b := len(get(t, held, root, asks, 0)), len(get(t, shown, root, asks, 0)); a != 1 || b != want {
			t.Errorf("%d held and %d shown, want %d shown", a, b, want)
		}
	}
	if got := s.ledger.Behind(s.data); len(got) != 1 || got[0] != day.Month() {
		t.Errorf("the data is behind in %v", got)
	}
	if err := s.newEraser(s.rows); err != nil {
		t.Fatal(err)
	}
	s.count(0, mine, day, 0)
	if got := s.ledger.Behind(s.data); len(got) != 0 {
		t.Errorf("caught up, the data is behind in %v", got)
	}
}

// TestAFloodOfErasures: who names pages that never were takes the room for such,
// and keeps nobody from erasing what is there for good.
func TestAFloodOfErasures(t *testing.T) {
	s := newShelf(t)
	s.keepKnown(mine, day, 0)
	s.keepKnown(mine, day-30, 7)
	s.ledger.count = maxAhead
	order := []page.Erasure{mine.Erasure(day, 0), mine.Erasure(day-30, 7), mine.Erasure(day, 1), mine.Erasure(day-30, 2), mine.Erasure(day, 1)}
	for _, want := range []Outcome{{Pages: 2, Open: 2}, {Open: 2}} { // once, and given again
		if got, err := s.eraser.Erase(t.Context(), order); got != want || err != nil {
			t.Errorf("%+v, %v, want %+v", got, err, want)
		}
	}
	keys, err := s.rows.Keys(day.Month())
	if err != nil {
		t.Fatal(err)
	}
	for n, kept := range []bool{true, false} {
		right := mine.Erasure(day, uint32(n))
		if s.eraser.Erased(keys, page.Page{Day: day, Tag: right.Tag, Witness: right.Right.Witness()}) != kept {
			t.Errorf("number %d: a tombstone keeps it away: %v", n, !kept)
		}
	}
	s.keepKnown(mine, day, 1) // what was on its way has come
	s.erase(1, mine.Erasure(day, 1))
	s.close()
	s.open()
	s.count(0, mine, day, 0)
	s.count(0, mine, day, 1)
	s.count(0, mine, day-30, 7)
	if n := s.ledger.Tombstones(); n != 3 {
		t.Errorf("%d tombstones on disk", n)
	}
}
