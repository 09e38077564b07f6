package db

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// listing45 makes a store that was killed: of 50 pages of November 45 are listed,
// the others were deleted.
func listing45(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 30, 10), fragment("f", 3, 10))
	rest(d)
	commit(t, d, nov, batch("b", 20, 10))
	if err := d.Delete(t.Context(), nov, Pages, append(keysOf(batch("a", 4, 10)), []byte("b-0019"))); err != nil {
		t.Fatal(err)
	}
	return snapshot(t, dir)
}

// pagesOf returns where November's pages are in a store.
func pagesOf(dir string) string { return halfPath(filepath.Join(dir, "data"), nov, PagesHalf) }

func removeAll(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// TestAHalfThatIsGoneIsDamaged takes the directory of a half away and leaves what
// lies beside it: nobody takes that for a half that never was.
func TestAHalfThatIsGoneIsDamaged(t *testing.T) {
	sound := listing45(t)
	for name, tt := range map[string]struct {
		hurt    func(t *testing.T, dir, half string)
		missing int64
	}{
		"gone": {func(t *testing.T, _, half string) { removeAll(t, half) }, 45},
		"empty": {func(t *testing.T, _, half string) {
			removeAll(t, half)
			if err := os.Mkdir(half, 0o700); err != nil {
				t.Fatal(err)
			}
		}, 45},
		"gone with its closed tables, nothing written since": {func(t *testing.T, dir, half string) {
			d := open(t, dir)
			if _, _, err := d.Get(nov, Pages, []byte("a")); err != nil {
				t.Fatal(err)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			removeAll(t, half)
			for _, tail := range beside(t, half, tailExt) {
				removeAll(t, tail)
			}
		}, 45},
		"gone with its sorted manifest": {func(t *testing.T, _, half string) { removeAll(t, half); removeAll(t, half+manifestExt) }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := snapshot(t, sound)
			tt.hurt(t, dir, pagesOf(dir))
			d := open(t, dir)
			for range 2 {
				lost(t, d, tt.missing)
			}
			if err := d.Commit(t.Context(), Group{Month: nov, Batches: []Batch{batch("c", 1, 10)}}); !errors.Is(err, ErrDamaged) {
				t.Errorf("commit: %v", err)
			}
			commit(t, d, nov, fragment("g", 1, 10)) // the other half goes on
			lost(t, d, tt.missing)                  // and the loss is not hidden by it
		})
	}
}

// lost wants November's pages to be said to be lost by everybody who is asked.
func lost(t *testing.T, d *DB, missing int64) {
	t.Helper()
	_, _, get := d.Get(nov, Pages, []byte("a-0010"))
	scan := d.Scan(t.Context(), nov, Pages, nil, func(_, _ []byte) error { return nil })
	dump := d.Dump(t.Context(), nov, PagesHalf, func(_, _ []byte) error { return nil })
	erase := d.Delete(t.Context(), nov, Pages, [][]byte{[]byte("a-0010")})
	for name, err := range map[string]error{"get": get, "scan": scan, "dump": dump, "delete": erase} {
		if !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "pages of month 2026-11") || !strings.Contains(err.Error(), "fix:") {
			t.Errorf("%s: %v", name, err)
		}
	}
	r, err := d.Verify(t.Context(), nov, nil)
	if err != nil || r.Sound() || !errors.Is(r.Pages.Trouble, ErrDamaged) || r.Pages.Missing != missing || r.Pages.Rows != 0 || !r.Sums.sound() {
		t.Errorf("verify: %+v, %v; want %d missing", r, err, missing)
	}
	if got := d.Damaged(); len(got) != 1 || got[0] != nov {
		t.Errorf("damaged: %v", got)
	}
}

// beside returns the files beside a half whose names go on with ext.
func beside(t *testing.T, half, ext string) []string {
	t.Helper()
	names, err := filepath.Glob(half + ext + "*")
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestAHalfThatNeverWas has no rows to miss: not when the first transaction ended
// before its entries, either.
func TestAHalfThatNeverWas(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, fragment("f", 3, 10))
	if err := os.WriteFile(tailPath(pagesOf(dir), 1), []byte(tailMagic+"torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	checkReport(t, d, nov, Report{Sums: Findings{Rows: 4}})
	if got := d.Damaged(); len(got) > 0 || count(t, d, nov, "") > 0 {
		t.Errorf("damaged: %v", got)
	}
	commit(t, d, nov, batch("a", 2, 10))
	checkReport(t, d, nov, Report{Pages: Findings{Rows: 2}, Sums: Findings{Rows: 4}})
}

// TestAHalfThatACrashLeftUnmade lost no row, however often the store starts: the
// process ended while Badger made its files.
func TestAHalfThatACrashLeftUnmade(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, fragment("f", 3, 10))
	half := pagesOf(dir)
	if err := os.Mkdir(half, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, content := range map[string]string{
		tailPath(half, 1):                       tailMagic,
		half + checkExt:                         "torn",
		filepath.Join(half, "LOCK"):             "1234\n",
		filepath.Join(half, "MANIFEST-REWRITE"): "Bdgr",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		d = again(t, d, dir)
		checkReport(t, d, nov, Report{Sums: Findings{Rows: 4}})
		if got := d.Damaged(); len(got) > 0 || count(t, d, nov, "") > 0 {
			t.Errorf("damaged: %v", got)
		}
	}
	commit(t, d, nov, batch("a", 2, 10))
	d = again(t, d, dir)
	checkReport(t, d, nov, Report{Pages: Findings{Rows: 2}, Sums: Findings{Rows: 4}})
}

// TestAHalfThatIsGoneCanBeForgotten: what lies beside it goes with its month, and
// it is damaged no longer.
func TestAHalfThatIsGoneCanBeForgotten(t *testing.T) {
	dir := listing45(t)
	removeAll(t, pagesOf(dir))
	d := open(t, dir)
	lost(t, d, 45)
	got, err := d.Forget(t.Context(), nov+1, nov)
	if err != nil || !slices.Equal(got.Pages, []schema.Month{nov}) {
		t.Fatalf("forgot %v, %v", got, err)
	}
	if left := beside(t, pagesOf(dir), ""); len(left) > 0 || len(d.Damaged()) > 0 {
		t.Errorf("left: %d, damaged: %v", len(left), d.Damaged())
	}
	checkReport(t, d, nov, Report{Sums: Findings{Rows: 4}})
}

// TestForgettingIsNoDamage looks at a half between all steps of its removal.
func TestForgettingIsNoDamage(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 2, 10), fragment("f", 2, 10))
	rest(d)
	commit(t, d, nov, batch("b", 2, 10))
	for step := range 3 {
		dir := snapshot(t, dir)
		d := open(t, dir)
		half := pagesOf(dir)
		if err := os.Rename(half, half+forgottenExt); err != nil {
			t.Fatal(err)
		}
		for _, name := range append(beside(t, half, tailExt), half+manifestExt)[:step] {
			removeAll(t, name)
		}
		for range 2 { // while it is removed, and after a crash
			checkReport(t, d, nov, Report{Sums: Findings{Rows: 3}})
			if got := d.Damaged(); len(got) > 0 {
				t.Errorf("step %d: damaged: %v", step, got)
			}
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			d = open(t, dir)
		}
		if left := beside(t, half, ""); len(left) > 0 {
			t.Errorf("step %d: %d things are left", step, len(left))
		}
	}
}
