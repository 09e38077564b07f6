package db

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

func TestForgetDropsHalvesAndTheirSecret(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	for m := nov - 3; m <= nov; m++ {
		commit(t, d, m, batch("a", 2, 10), fragment("f", 2, 10))
	}
	before, err := d.Keys(nov)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile(filepath.Join(dir, "keys", keysFile))
	if err != nil {
		t.Fatal(err)
	}
	got, err := d.Forget(t.Context(), nov-1, nov-2)
	if err != nil || !slices.Equal(got.Pages, []schema.Month{nov - 3, nov - 2}) || !slices.Equal(got.Sums, []schema.Month{nov - 3}) {
		t.Fatalf("forgot %v, %v", got, err)
	}
	check := func(d *DB) {
		t.Helper()
		have, err := d.Months()
		if err != nil || !slices.Equal(have, []schema.Month{nov - 2, nov - 1, nov}) {
			t.Errorf("months %v, %v", have, err)
		}
		if _, err := d.Keys(nov - 2); !errors.Is(err, ErrForgotten) {
			t.Errorf("keys of a forgotten month: %v", err)
		}
		if after, err := d.Keys(nov); err != nil || after != before {
			t.Errorf("keys of a month that stays changed: %v", err)
		}
		checkReport(t, d, nov-2, Report{Sums: Findings{Rows: 3}})
		checkReport(t, d, nov-1, Report{Pages: Findings{Rows: 2}, Sums: Findings{Rows: 3}})
	}
	check(d)
	if again, err := d.Forget(t.Context(), nov-1, nov-2); err != nil || len(again.Pages)+len(again.Sums) > 0 {
		t.Errorf("forgot again: %v, %v", again, err)
	}
	if _, err := d.Forget(t.Context(), nov-9, nov-9); err != nil { // a clock that went back
		t.Error(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	check(open(t, dir))
	now, err := os.ReadFile(filepath.Join(dir, "keys", keysFile))
	if err != nil || slices.Equal(now, old) {
		t.Errorf("the secret is what it was: %v", err)
	}
}

// TestForgettingGoesOnAfterACrash leaves what a crash in the middle leaves.
func TestForgettingGoesOnAfterACrash(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 2, 10), fragment("f", 2, 10))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	pages := halfPath(filepath.Join(dir, "data"), nov, PagesHalf)
	if err := os.Rename(pages, pages+forgottenExt); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	checkReport(t, d, nov, Report{Sums: Findings{Rows: 3}})
	if left, _ := filepath.Glob(pages + "*"); len(left) > 0 {
		t.Errorf("%d things of the half are left", len(left))
	}
	commit(t, d, nov, batch("b", 2, 10)) // and it can begin anew
	checkReport(t, d, nov, Report{Pages: Findings{Rows: 2}, Sums: Findings{Rows: 3}})
}

func TestAHalfThatIsReadIsNotForgotten(t *testing.T) {
	d := open(t, t.TempDir())
	commit(t, d, nov-3, batch("a", 2, 10))
	err := d.Scan(t.Context(), nov-3, Pages, nil, func(_, _ []byte) error {
		_, err := d.Forget(t.Context(), nov, nov)
		return err
	})
	if err == nil {
		t.Error("forgotten while it was read")
	}
	if got, err := d.Forget(t.Context(), nov, nov); err != nil || len(got.Pages) != 1 {
		t.Errorf("forgot %v, %v", got, err)
	}
}
