package db

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// TestFlippedBitsAreNotSilent flips one bit at a random place of a random file
// of a store that was closed, or killed: the store says so, or everything is
// there.
func TestFlippedBitsAreNotSilent(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	for i := range 3 {
		commit(t, d, nov, batch(fmt.Sprint("p", i), 40, 1000), fragment(fmt.Sprint("f", i), 40, 100))
		if i == 1 {
			rest(d)
		}
	}
	sound := []string{closed(t), snapshot(t, dir)}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range 30 {
		hurt := snapshot(t, sound[i%2])
		name, at := flipAny(t, r, filepath.Join(hurt, "data", nov.String()))
		said, there := check(t, open(t, hurt))
		if !said && !there {
			t.Errorf("%s, byte %d: rows are missing or changed, and nobody says so", name, at)
		}
	}
}

// flipAny flips one bit of the file, before the zeros at its end.
func flipAny(t *testing.T, r *rand.Rand, dir string) (name string, at int) {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	path := files[r.IntN(len(files))]
	rewrite(t, path, func(b []byte) []byte {
		end := len(b)
		for end > 0 && b[end-1] == 0 {
			end--
		}
		if len(b) > 0 {
			at = r.IntN(min(len(b), end+40))
			b[at] ^= 1 << r.IntN(8)
		}
		return b
	})
	name, _ = filepath.Rel(dir, path)
	return name, at
}

// check says whether the store says that something is wrong, and whether all of
// closed is there.
func check(t *testing.T, d *DB) (said, there bool) {
	t.Helper()
	report, err := d.Verify(t.Context(), nov, nil)
	if err != nil {
		t.Fatal(err)
	}
	there = true
	for i := range 3 {
		for j := range 40 {
			_, ok, err := d.Get(nov, Pages, fmt.Appendf(nil, "p%d-%04d", i, j))
			there = there && ok && err == nil
		}
	}
	value, ok, err := d.Get(nov, Measures, []byte("sum"))
	there = there && ok && err == nil && value[len(value)-1] == 3
	if err := d.Close(); err != nil {
		t.Error(err)
	}
	return !report.Sound() || len(d.Damaged()) > 0, there
}

// TestACutLogIsNoticed cuts the log of a memory table, as a power cut on a disk
// that lies would.
func TestACutLogIsNoticed(t *testing.T) {
	dir := t.TempDir()
	d := open(t, dir)
	for i := range 3 {
		commit(t, d, nov, batch(fmt.Sprint(i), 5, 100), fragment(fmt.Sprint(i), 5, 100))
	}
	hurt := snapshot(t, dir)
	for _, half := range []string{"pages", "sums"} {
		if err := os.Truncate(pick(t, hurt, half, "*.mem"), 1500); err != nil {
			t.Fatal(err)
		}
	}
	d = open(t, hurt)
	r, err := d.Verify(t.Context(), nov, nil)
	if err != nil || r.Pages.Missing == 0 || r.Sums.Missing == 0 || len(d.Damaged()) != 1 {
		t.Errorf("verify: %+v, %v, damaged %v", r, err, d.Damaged())
	}
}
