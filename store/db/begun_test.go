package db

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// TestAMonthThatVanishesIsDamaged takes all away that says in the data that there
// was something.
func TestAMonthThatVanishesIsDamaged(t *testing.T) {
	sound := listing45(t)
	for name, tt := range map[string]struct {
		what string
		lost []Half
	}{
		"the month":              {"data/2026-11", []Half{PagesHalf, SumsHalf}},
		"all data":               {"data", []Half{PagesHalf, SumsHalf}},
		"pages and what is with": {"data/2026-11/pages*", []Half{PagesHalf}},
		"sums and what is with":  {"data/2026-11/sums*", []Half{SumsHalf}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := snapshot(t, sound)
			paths, err := filepath.Glob(filepath.Join(dir, tt.what))
			if err != nil || len(paths) == 0 {
				t.Fatal(paths, err)
			}
			for _, path := range paths {
				removeAll(t, path)
			}
			d := open(t, dir)
			for range 2 {
				vanished(t, d, tt.lost)
				d = again(t, d, dir)
			}
		})
	}
}

// vanished wants halves of November to be said to be gone by everybody who is
// asked, and the others to be sound.
func vanished(t *testing.T, d *DB, gone []Half) {
	t.Helper()
	if months, err := d.Months(); err != nil || !slices.Equal(months, []schema.Month{nov}) {
		t.Errorf("months %v, %v", months, err)
	}
	r, err := d.Verify(t.Context(), nov, nil)
	if err != nil {
		t.Fatal(err)
	}
	found := map[Half]Findings{PagesHalf: r.Pages, SumsHalf: r.Sums}
	rows := map[Half]Batch{PagesHalf: batch("new", 1, 10), SumsHalf: fragment("new", 1, 10)}
	for _, h := range halves {
		lost := slices.Contains(gone, h)
		table := map[Half]Table{PagesHalf: Pages, SumsHalf: Measures}[h]
		_, _, get := d.Get(nov, table, []byte("a-0010"))
		errs := map[string]error{
			"verify": found[h].Trouble,
			"dump":   d.Dump(t.Context(), nov, h, func(_, _ []byte) error { return nil }),
			"scan":   d.Scan(t.Context(), nov, table, nil, func(_, _ []byte) error { return nil }),
			"get":    get,
		}
		if lost {
			errs["commit"] = d.Commit(t.Context(), Group{Month: nov, Batches: []Batch{rows[h]}})
		}
		for name, err := range errs {
			if errors.Is(err, ErrDamaged) != lost || lost && !strings.Contains(err.Error(), h.String()+" of month 2026-11") {
				t.Errorf("%s of %s: %v", name, h, err)
			}
		}
	}
	if got := d.Damaged(); !slices.Equal(got, []schema.Month{nov}) {
		t.Errorf("damaged: %v", got)
	}
}

// TestGoingOnWithoutAMonth does what the error says.
func TestGoingOnWithoutAMonth(t *testing.T) {
	dir := listing45(t)
	removeAll(t, filepath.Join(dir, "data", nov.String()))
	d := open(t, dir)
	vanished(t, d, halves[:])
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "keys", begunFile)); err != nil {
		t.Fatal(err)
	}
	d = open(t, dir)
	checkReport(t, d, nov, Report{})
	commit(t, d, nov, batch("a", 2, 10))
	checkReport(t, d, nov, Report{Pages: Findings{Rows: 2}})
}

// TestAMonthThatVanishedCanBeForgotten, and is missed no longer.
func TestAMonthThatVanishedCanBeForgotten(t *testing.T) {
	dir := listing45(t)
	removeAll(t, filepath.Join(dir, "data", nov.String()))
	d := open(t, dir)
	vanished(t, d, halves[:])
	got, err := d.Forget(t.Context(), nov+1, nov+1)
	if err != nil || !slices.Equal(got.Pages, []schema.Month{nov}) || !slices.Equal(got.Sums, got.Pages) {
		t.Fatalf("forgot %v, %v", got, err)
	}
	for range 2 {
		checkReport(t, d, nov, Report{})
		if months, err := d.Months(); err != nil || len(months)+len(d.Damaged()) > 0 {
			t.Errorf("months %v, %v; damaged %v", months, err, d.Damaged())
		}
		d = again(t, d, dir)
	}
}

// TestARestoredStoreHasAListOfItsOwn: what came after the backup is not missed in
// it, and still is in the store that was backed up.
func TestARestoredStoreHasAListOfItsOwn(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov-1, batch("a", 3, 10))
	commit(t, d, nov, batch("a", 3, 10))
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(filepath.Join(dir, "keys", begunFile))
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Dir: filepath.Join(dir, "other"), Secrets: box(t, filepath.Join(dir, "keys")), Restore: true}
	want := func(cfg Config, load bool, missed bool) {
		t.Helper()
		d, err := Open(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if load {
			err = d.Load(context.Background(), nov-1, []Whole{{Key: []byte("pa"), Value: []byte("b")}})
		}
		r, bad := d.Verify(t.Context(), nov, nil)
		if r.Sound() == missed {
			t.Errorf("verify: %+v", r)
		}
		if err := errors.Join(err, bad, d.Close()); err != nil {
			t.Fatal(err)
		}
	}
	want(cfg, true, false)
	cfg.Restore, cfg.Existing = false, true
	want(cfg, false, false)
	if now, err := os.ReadFile(filepath.Join(dir, "keys", begunFile)); err != nil || string(now) != string(list) {
		t.Errorf("the list of the store that was backed up is now %s, %v", now, err)
	}
	cfg.Existing = false
	want(cfg, false, false) // a store starts: the list is this one's now
	removeAll(t, filepath.Join(cfg.Dir, (nov-1).String()))
	d, err = Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	r, err := d.Verify(t.Context(), nov-1, nil)
	if err = errors.Join(err, d.Close()); err != nil || r.Sound() {
		t.Errorf("verify: %+v, %v", r, err)
	}
}

// TestAListThatIsDamagedIsSaid, with what to do.
func TestAListThatIsDamagedIsSaid(t *testing.T) {
	dir := listing45(t)
	keys := box(t, filepath.Join(dir, "keys"))
	for _, text := range []string{"hello", `{"version":2}`, `{"version":1,"halves":[{"month":"2026-13","half":"pages"}]}`, `{"version":1,"halves":[{"month":"2026-11","half":"x"}]}`} {
		if err := keys.Write(begunFile, []byte(text)); err != nil {
			t.Fatal(err)
		}
		_, err := Open(Config{Dir: filepath.Join(dir, "data"), Secrets: keys, Existing: true})
		if err == nil || !strings.Contains(err.Error(), begunFile) || !strings.Contains(err.Error(), "fix:") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
