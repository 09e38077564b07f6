package db

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// holds says in which files of dir the text lies.
func holds(t *testing.T, dir, text string) (in []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err == nil && bytes.Contains(b, []byte(text)) {
			in = append(in, filepath.Base(f))
		}
	}
	return in
}

func TestWhatIsDeletedLeavesTheDisk(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	half := filepath.Join(dir, "data", nov.String(), "pages")
	secretText := "this was in a row that is erased"
	row := Row{Table: Pages, Key: []byte("m-erased"), Value: []byte(secretText)}
	commit(t, d, nov, Batch{row}, batch("a", 50, 1000), batch("z", 50, 1000))
	rest(d) // the row is in a table now
	if len(holds(t, half, secretText)) == 0 {
		t.Fatal("the row is not on disk")
	}
	if err := d.Delete(t.Context(), nov, Pages, [][]byte{row.Key, []byte("not there")}); err != nil {
		t.Fatal(err)
	}
	check := func(when string) {
		t.Helper()
		if _, ok, err := d.Get(nov, Pages, row.Key); ok || err != nil {
			t.Errorf("%s: the deleted row: %v, %v", when, ok, err)
		}
		checkReport(t, d, nov, Report{Pages: Findings{Rows: 100}})
	}
	check("at once")
	commit(t, d, nov, batch("b", 50, 1000))
	if err := d.Delete(t.Context(), nov, Pages, keysOf(batch("b", 50, 1000))); err != nil {
		t.Fatal(err)
	}
	rest(d)
	if in := holds(t, half, secretText); len(in) > 0 {
		t.Errorf("after the half was closed the row lies in %v", in)
	}
	check("after closing")
}

// rest closes all halves as when nobody used them for long.
func rest(d *DB) {
	for k, p := range d.opened() {
		d.closeUnused(p, k, time.Now(), true)
	}
}

func keysOf(b Batch) (keys [][]byte) {
	for _, r := range b {
		keys = append(keys, r.Key)
	}
	return keys
}
