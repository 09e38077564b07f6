package db

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestKeysOfAnotherStoreAreRefused by whoever opens the data, and nothing is
// changed by it.
func TestKeysOfAnotherStoreAreRefused(t *testing.T) {
	dir, other := listing45(t), listing45(t)
	for name, data := range map[string]string{"both halves": "", "sums only": "pages*", "pages only": "sums*"} {
		t.Run(name, func(t *testing.T) {
			dir := snapshot(t, dir)
			if left, _ := filepath.Glob(filepath.Join(dir, "data", nov.String(), data)); data != "" {
				for _, path := range left {
					removeAll(t, path)
				}
			}
			keys := box(t, filepath.Join(other, "keys"))
			before, err := os.ReadFile(filepath.Join(keys.Dir(), begunFile))
			if err != nil {
				t.Fatal(err)
			}
			for _, existing := range []bool{true, false} {
				_, err := Open(Config{Dir: filepath.Join(dir, "data"), Secrets: keys, Existing: existing})
				if !errors.Is(err, ErrNoKeys) || !strings.Contains(err.Error(), "belong to another store") {
					t.Errorf("existing %v: %v", existing, err)
				}
			}
			if after, err := os.ReadFile(filepath.Join(keys.Dir(), begunFile)); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the other store's list was changed: %v", err)
			}
		})
	}
}

// TestAMonthOfAnotherStoreIsRefused, and the others go on.
func TestAMonthOfAnotherStoreIsRefused(t *testing.T) {
	dir, other := listing45(t), listing45(t)
	d := open(t, dir)
	commit(t, d, nov-1, batch("a", 2, 10))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	month := filepath.Join(dir, "data", nov.String())
	removeAll(t, month)
	if err := os.Rename(filepath.Join(other, "data", nov.String()), month); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	checkReport(t, d, nov-1, Report{Pages: Findings{Rows: 2}})
	r, err := d.Verify(t.Context(), nov, nil)
	if err != nil || !errors.Is(r.Pages.Trouble, errOther) || !errors.Is(r.Sums.Trouble, errOther) {
		t.Errorf("verify: %+v, %v", r, err)
	}
	if err := d.Commit(t.Context(), Group{Month: nov, Batches: []Batch{batch("c", 1, 10)}}); !errors.Is(err, errOther) {
		t.Errorf("commit: %v", err)
	}
}

// TestTheCheckGoesWithItsSecret, also that of the sums, which stay.
func TestTheCheckGoesWithItsSecret(t *testing.T) {
	dir := listing45(t)
	d := open(t, dir)
	sums := halfPath(filepath.Join(dir, "data"), nov, SumsHalf)
	for _, half := range []string{sums, pagesOf(dir)} {
		if got := beside(t, half, checkExt); len(got) != 1 {
			t.Fatalf("checks: %v", got)
		}
	}
	if _, err := d.Forget(t.Context(), nov+1, nov); err != nil {
		t.Fatal(err)
	}
	if left := append(beside(t, sums, checkExt), beside(t, pagesOf(dir), checkExt)...); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	for range 2 {
		checkReport(t, d, nov, Report{Sums: Findings{Rows: 4}})
		d = again(t, d, dir)
	}
}

// TestACheckThatIsDamaged is not said to be that of another store, and does not
// stand in the way of a half that was not made when it was written.
func TestACheckThatIsDamaged(t *testing.T) {
	for name, change := range map[string]func(b []byte) []byte{
		"flipped": func(b []byte) []byte { b[3] ^= 1; return b },
		"short":   func(b []byte) []byte { return b[:7] },
		"empty":   func([]byte) []byte { return nil },
	} {
		t.Run(name, func(t *testing.T) {
			dir := listing45(t)
			rewrite(t, pagesOf(dir)+checkExt, change)
			d := open(t, dir)
			_, _, err := d.Get(nov, Pages, []byte("a"))
			if !errors.Is(err, ErrDamaged) || errors.Is(err, errOther) || !strings.Contains(err.Error(), "fix: remove pages.check") {
				t.Errorf("get: %v", err)
			}
			removeAll(t, pagesOf(dir)+checkExt)
			checkReport(t, d, nov, Report{Pages: Findings{Rows: 45}, Sums: Findings{Rows: 4}})
			path := halfPath(filepath.Join(dir, "data"), nov+1, PagesHalf)
			if err := errors.Join(os.MkdirAll(path, 0o700), os.WriteFile(path+checkExt, []byte("to"), 0o600)); err != nil {
				t.Fatal(err)
			}
			commit(t, d, nov+1, batch("a", 2, 10))
			if b, err := os.ReadFile(path + checkExt); err != nil || len(b) != 20 {
				t.Errorf("the check has %d bytes, %v", len(b), err)
			}
		})
	}
}

func TestTheCheckIsWhatIsDocumented(t *testing.T) {
	s := Secret{1, 2, 3}
	k := s.Keys()
	if got := hex.EncodeToString(k.Check[:]); got != expandByHand(s, "check")[:32] {
		t.Errorf("check %s", got)
	}
}
