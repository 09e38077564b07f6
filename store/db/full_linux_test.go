package db

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestAFullVolumeKillsNothing fills a small volume with rows and with something
// else, over and over. Badger would end the process with SIGBUS: the test ends
// with it.
func TestAFullVolumeKillsNothing(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=160m,mode=0700"); err != nil {
		t.Skipf("a small volume needs root: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	d, err := Open(Config{Dir: filepath.Join(dir, "data"), Secrets: box(t, filepath.Join(dir, "keys")), Headroom: 32 << 20, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.NewChaCha8([32]byte{1})
	pages := 0
	junk := filepath.Join(dir, "junk")
	const rounds = 4
	for i := range rounds {
		// More than a merge of Badger's may take, which is kept free for it.
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT, fmt.Sprintf("size=%dm,mode=0700", 160+64*i)); err != nil {
			t.Fatal(err)
		}
		n := 0
		for start := time.Now(); n == 0; n = keepOn(t, d, r) { // Badger may still be writing what it has
			if time.Since(start) > 20*time.Second {
				t.Fatalf("round %d: nothing is taken although there is room again", i)
			}
		}
		pages += n
		quiet(t, d)
		stuff(t, junk) // somebody else takes the rest
		pages += keepOn(t, d, r)
		if err := os.Remove(junk); err != nil {
			t.Fatal(err)
		}
	}
	checkReport(t, d, nov, Report{Pages: Findings{Rows: int64(2 * pages)}})
	quiet(t, d)
	stuff(t, junk)
	if err := d.Close(); !errors.Is(err, ErrFull) {
		t.Errorf("close without room: %v, want ErrFull", err)
	}
	if err := os.Remove(junk); err != nil {
		t.Fatal(err)
	}
	left := open(t, snapshot(t, dir))
	checkReport(t, left, nov, Report{Pages: Findings{Rows: int64(2 * pages)}})
}

// keepOn commits pages until they are refused, and returns how many there were.
func keepOn(t *testing.T, d *DB, r *rand.ChaCha8) (pages int) {
	t.Helper()
	for {
		g := Group{Month: nov}
		for range 64 {
			g.Batches = append(g.Batches, pageBatch(r))
		}
		err := d.Commit(t.Context(), g)
		if errors.Is(err, ErrFull) {
			return pages
		}
		if err != nil {
			t.Fatal(err)
		}
		pages += len(g.Batches)
	}
}

// quiet waits until Badger has written what it was given. Who takes more than
// the headroom before that, within a second or two, can still end the process.
func quiet(t *testing.T, d *DB) {
	t.Helper()
	h := at(t, d, PagesHalf)
	var free [5]uint64 // alike as often: nothing is written
	for i := 0; ; i++ {
		now, err := freeSpace(d.cfg.Dir)
		if err != nil || t.Context().Err() != nil {
			t.Fatal(err, t.Context().Err())
		}
		free[i%len(free)] = now
		if h.badger.Levels()[0].NumTables < levelZero && slices.Min(free[:]) == slices.Max(free[:]) {
			return
		}
		time.Sleep(20 * time.Millisecond) // a look at the disk, which nothing announces
	}
}

// stuff writes a file until the volume is full.
func stuff(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 64<<10)
	for err == nil {
		_, err = f.Write(b)
	}
	if !errors.Is(err, unix.ENOSPC) {
		t.Fatal(err)
	}
}
