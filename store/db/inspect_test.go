package db

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dgraph-io/badger/v4"
)

// closed makes a store with some tables in each half and closes it.
func closed(t *testing.T) (dir string) {
	t.Helper()
	dir = t.TempDir()
	d := open(t, dir)
	for i := range 3 {
		commit(t, d, nov, batch(fmt.Sprint("p", i), 40, 1000), fragment(fmt.Sprint("f", i), 40, 100))
		rest(d)
	}
	commit(t, d, nov-1, batch("a", 1, 10))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// pick returns a file of the half that matches.
func pick(t *testing.T, dir, half, pattern string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "data", nov.String(), half, pattern))
	if err != nil || len(names) == 0 {
		t.Fatalf("no %s in %s: %v", pattern, half, err)
	}
	return names[0]
}

// TestADamagedHalfIsRefused damages what Badger would end the process over, or
// delete tables for.
func TestADamagedHalfIsRefused(t *testing.T) {
	sound := closed(t)
	for name, hurt := range map[string]func(b []byte) []byte{
		"garbage":   func(b []byte) []byte { return []byte(strings.Repeat("this is no table", len(b)/16)) },
		"halved":    func(b []byte) []byte { return b[:len(b)/2] },
		"empty":     func(b []byte) []byte { return nil },
		"zeros":     func(b []byte) []byte { return make([]byte, len(b)) },
		"long end":  func(b []byte) []byte { return append(b[:len(b)-4], 0x7f, 0xff, 0xff, 0xff) },
		"one block": func(b []byte) []byte { b[100] ^= 1; return b },
	} {
		for _, half := range []string{"pages", "sums"} {
			t.Run(name+" "+half, func(t *testing.T) {
				dir := snapshot(t, sound)
				path := pick(t, dir, half, "*.sst")
				rewrite(t, path, hurt)
				d := open(t, dir)
				table := map[string]Table{"pages": Pages, "sums": SumBatches}[half]
				_, _, err := d.Get(nov, table, []byte("p1-0001"))
				if !errors.Is(err, ErrDamaged) {
					t.Fatalf("read: %v, want ErrDamaged", err)
				}
				for _, want := range []string{nov.String(), half, filepath.Base(path), "fix:"} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%q does not say %q", err, want)
					}
				}
				if strings.Contains(err.Error(), dir) {
					t.Errorf("%q names a directory", err)
				}
				if got := d.Damaged(); len(got) != 1 || got[0] != nov {
					t.Errorf("damaged: %v", got)
				}
				if n := count(t, d, nov-1, ""); n != 1 {
					t.Errorf("%d rows in the month before, want 1", n)
				}
				r, err := d.Verify(t.Context(), nov, nil)
				if err != nil || r.Sound() || (r.Pages.Trouble == nil) != (half != "pages") || (r.Sums.Trouble == nil) != (half != "sums") {
					t.Errorf("verify: %+v, %v", r, err)
				}
				if _, err := os.Stat(path); err != nil {
					t.Errorf("the damaged table: %v", err)
				}
			})
		}
	}
}

func rewrite(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTablesThatManifestForgotAreNotDeleted shortens Badger's MANIFEST, over
// which Badger itself deletes the tables that are no longer named.
func TestTablesThatManifestForgotAreNotDeleted(t *testing.T) {
	dir := closed(t)
	table := pick(t, dir, "pages", "*.sst")
	sound, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, pick(t, dir, "pages", "MANIFEST"), func(b []byte) []byte { return b[:20] })
	for range 2 { // and it stays so
		d := open(t, dir)
		if _, _, err := d.Get(nov, Pages, []byte("p1-0001")); !errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "pages.aside") {
			t.Fatalf("read: %v, want ErrDamaged", err)
		}
		kept, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(table)), "pages.aside", filepath.Base(table)))
		if err != nil || string(kept) != string(sound) {
			t.Fatalf("the table is not kept: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(pick(t, dir, "pages", "MANIFEST")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(table, sound, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := open(t, dir).Get(nov, Pages, []byte("p1-0001")); !errors.Is(err, ErrDamaged) {
		t.Errorf("without MANIFEST: %v, want ErrDamaged", err)
	}
}

// TestWhatACrashLeavesIsTaken puts back what a crash between writing a table
// and naming it leaves: a table whose rows are elsewhere as well, and one that
// was not finished.
func TestWhatACrashLeavesIsTaken(t *testing.T) {
	dir := closed(t)
	table := pick(t, dir, "pages", "*.sst")
	b, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	d := open(t, dir) // what is deleted before the crash is no loss after it
	if err := d.Delete(t.Context(), nov, Pages, [][]byte{[]byte("p1-0001")}); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"000900.sst": b, "000901.sst": make([]byte, 100)} {
		if err := os.WriteFile(filepath.Join(filepath.Dir(table), name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	d = open(t, dir)
	checkReport(t, d, nov, Report{Pages: Findings{Rows: 119}, Sums: Findings{Rows: 121}})
	if got := d.Damaged(); len(got) > 0 {
		t.Errorf("damaged: %v", got)
	}
}

func TestVerifyFindsWhatIsWrong(t *testing.T) {
	sums := Findings{Rows: 4}
	pages := Findings{Rows: 10}
	for name, tt := range map[string]struct {
		half Half
		hurt func(txn *badger.Txn) error // written past the manifest and the count
		gone []string                    // the manifest forgets them
		want Report
	}{
		"missing":      {PagesHalf, func(txn *badger.Txn) error { return txn.Delete([]byte("pa-0001")) }, nil, Report{Findings{Rows: 9, Missing: 1}, sums}},
		"changed page": {PagesHalf, func(txn *badger.Txn) error { return txn.Set([]byte("pa-0001"), []byte("else")) }, nil, Report{Findings{Rows: 9, Changed: 1}, sums}},
		"changed sum":  {SumsHalf, func(txn *badger.Txn) error { return txn.Set([]byte("msum"), []byte("else")) }, nil, Report{pages, Findings{Rows: 4, Changed: 1}}},
		"lost sum":     {SumsHalf, func(txn *badger.Txn) error { return txn.Delete([]byte("msum")) }, nil, Report{pages, Findings{Rows: 3, Missing: 1, Changed: 1}}},
		"unlisted":     {PagesHalf, nil, []string{"pa-0001", "pa-0002"}, Report{Findings{Rows: 8, Unlisted: 2}, sums}},
	} {
		t.Run(name, func(t *testing.T) {
			d := open(t, t.TempDir())
			commit(t, d, nov, batch("a", 10, 100), fragment("f", 3, 10))
			h := at(t, d, tt.half)
			if tt.hurt != nil {
				txn := h.update()
				if err := errors.Join(tt.hurt(txn), h.end(txn, deletedVersion)); err != nil {
					t.Fatal(err)
				}
			}
			for _, name := range tt.gone {
				h.manifest.owe(entry{Row: nameOf([]byte(name)), Say: sayGone}.append(nil))
			}
			commit(t, d, nov)
			for range 2 { // also of what is sorted already
				checkReport(t, d, nov, tt.want)
			}
			err := d.Dump(t.Context(), nov, PagesHalf, func(_, _ []byte) error { return nil })
			if errors.Is(err, ErrDamaged) == tt.want.Pages.sound() {
				t.Errorf("dump of pages: %v", err)
			}
		})
	}
}

// at returns an open half.
func at(t *testing.T, d *DB, kind Half) *half {
	t.Helper()
	h, done, err := d.use(nov, kind, false)
	if err != nil {
		t.Fatal(err)
	}
	done()
	return h
}
