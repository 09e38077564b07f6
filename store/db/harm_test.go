package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// cutLog makes a store whose pages, or sums, lost the end of their log.
func cutLog(t *testing.T, half string) (dir string) {
	t.Helper()
	dir = t.TempDir()
	d := open(t, dir)
	for i := range 3 {
		commit(t, d, nov, batch(fmt.Sprint(i), 5, 100), fragment(fmt.Sprint(i), 5, 100))
	}
	dir = snapshot(t, dir)
	if err := os.Truncate(pick(t, dir, half, "*.mem"), 1500); err != nil {
		t.Fatal(err)
	}
	return dir
}

func again(t *testing.T, d *DB, dir string) *DB {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, dir)
}

// TestALossIsSaidUntilItIsMadeGood: commits, openings and restarts do not make
// what was lost forgotten. Only seeing that all is there does.
func TestALossIsSaidUntilItIsMadeGood(t *testing.T) {
	for _, half := range []string{"pages", "sums"} {
		t.Run(half, func(t *testing.T) {
			dir := cutLog(t, half)
			d := open(t, dir)
			said := func(when string) {
				t.Helper()
				if _, _, err := d.Get(nov, Pages, []byte("0-0001")); err != nil {
					t.Error(err)
				}
				if _, _, err := d.Get(nov, Measures, []byte("sum")); err != nil {
					t.Error(err)
				}
				if got := d.Damaged(); !slices.Equal(got, []schema.Month{nov}) {
					t.Errorf("%s: damaged %v", when, got)
				}
			}
			said("first")
			for i := range 2 {
				commit(t, d, nov, batch(fmt.Sprint("new", i), 1, 10), fragment(fmt.Sprint("new", i), 1, 10))
				said("after a commit")
				rest(d)
				said("opened again")
				d = again(t, d, dir)
				said("after a restart")
			}
			if r, err := d.Verify(t.Context(), nov, nil); err != nil || r.Sound() {
				t.Errorf("verify: %+v, %v", r, err)
			}
			d = again(t, d, dir)
			said("after a compare that found it")
			// The senders, who were not told, send it again.
			for i := range 3 {
				commit(t, d, nov, batch(fmt.Sprint(i), 5, 100), fragment(fmt.Sprint(i), 5, 100))
			}
			said("after it came again")
			for range 2 {
				if r, err := d.Verify(t.Context(), nov, nil); err != nil || !r.Sound() || len(d.Damaged()) > 0 {
					t.Errorf("verify: %+v, %v, damaged %v", r, err, d.Damaged())
				}
				d = again(t, d, dir)
			}
			if _, _, err := d.Get(nov, Pages, []byte("0-0001")); err != nil || len(d.Damaged()) > 0 {
				t.Errorf("after a restart: %v, damaged %v", err, d.Damaged())
			}
		})
	}
}

// TestALostManifestIsSaidUntilItIsMadeGood: what was listed and is not any more is
// a loss as well.
func TestALostManifestIsSaidUntilItIsMadeGood(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 5, 100))
	commit(t, d, nov, batch("last", 1, 10)) // the last one's entries stand in it as well
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(pagesOf(dir) + manifestExt); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	for range 2 {
		commit(t, d, nov, batch("b", 1, 10))
		d = again(t, d, dir)
		if r, err := d.Verify(t.Context(), nov, nil); err != nil || r.Pages.Unlisted != 6 || len(d.Damaged()) != 1 {
			t.Errorf("verify: %+v, %v, damaged %v", r, err, d.Damaged())
		}
	}
	commit(t, d, nov, batch("a", 5, 100), batch("last", 1, 10)) // listed again
	if r, err := d.Verify(t.Context(), nov, nil); err != nil || !r.Sound() || len(d.Damaged()) > 0 {
		t.Errorf("verify: %+v, %v, damaged %v", r, err, d.Damaged())
	}
}

// TestWhatVerifyFindsStaysSaid: also when the half is opened again without trouble.
func TestWhatVerifyFindsStaysSaid(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 5, 100), fragment("f", 5, 100))
	h := at(t, d, PagesHalf)
	txn := h.update()
	if err := txn.Delete([]byte("pa-0001")); err != nil {
		t.Fatal(err)
	}
	if err := h.end(txn, deletedVersion); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Verify(t.Context(), nov, nil); err != nil {
		t.Fatal(err)
	}
	rest(d)
	if at(t, d, PagesHalf); len(d.Damaged()) != 1 {
		t.Errorf("damaged %v", d.Damaged())
	}
}

// TestAHalfThatOpensAgain is damaged no longer: it lost nothing.
func TestAHalfThatOpensAgain(t *testing.T) {
	dir := closed(t)
	d := open(t, dir)
	manifest := pick(t, dir, "pages", "MANIFEST")
	if err := os.Rename(manifest, filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Get(nov, Pages, []byte("a")); err == nil || len(d.Damaged()) != 1 {
		t.Errorf("%v, damaged %v", err, d.Damaged())
	}
	if err := os.Rename(filepath.Join(dir, "elsewhere"), manifest); err != nil {
		t.Fatal(err)
	}
	if _, _, err := d.Get(nov, Pages, []byte("a")); err != nil || len(d.Damaged()) > 0 {
		t.Errorf("%v, damaged %v", err, d.Damaged())
	}
}

// TestLossIsFoundOnAFullDisk: of a half that is only read nothing is merged, and
// what its tails list is missed as well.
func TestLossIsFoundOnAFullDisk(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 5, 100), fragment("a", 5, 100))
	rest(d) // these stand in tables and in the sorted manifest
	commit(t, d, nov, batch("b", 7, 100), fragment("b", 7, 100))
	if err := d.Delete(t.Context(), nov, Pages, [][]byte{[]byte("a-0001"), []byte("b-0001")}); err != nil {
		t.Fatal(err)
	}
	dir = snapshot(t, dir)
	for _, half := range []string{"pages", "sums"} {
		if err := os.Remove(pick(t, dir, half, "*.mem")); err != nil {
			t.Fatal(err)
		}
	}
	d = open(t, dir)
	d.disk.free = func(string) (uint64, error) { return 1 << 20, nil }
	checkReport(t, d, nov, Report{Pages: Findings{Rows: 4, Missing: 6, Unlisted: 1}, Sums: Findings{Rows: 6, Missing: 7}})
	for _, half := range halves {
		if err := d.Dump(t.Context(), nov, half, func(_, _ []byte) error { return nil }); !errors.Is(err, ErrDamaged) {
			t.Errorf("dump of %s: %v", half, err)
		}
	}
	d.disk.free = func(string) (uint64, error) { return 1 << 40, nil }
	rest(d)
	r, err := d.Verify(t.Context(), nov, nil)
	if p := r.Pages; err != nil || p.Missing != 6 || r.Sums.Missing != 7 {
		t.Errorf("verify with room: %+v, %v", r, err)
	}
}
