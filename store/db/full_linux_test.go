package db

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// TestAFullVolumeKillsNothing fills a small volume with rows and with something
// else, over and over. Badger would end the process with SIGBUS: the test ends
// with it.
func TestAFullVolumeKillsNothing(t *testing.T) {
	if !testhost.Alone(t, testhost.Mounts, 80*time.Second) {
		return
	}
	dir := t.TempDir()
	disk := testhost.Mount(t, dir, "160m")
	d, err := Open(Config{Dir: filepath.Join(dir, "data"), Secrets: box(t, filepath.Join(dir, "keys")), Headroom: 32 << 20, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.NewChaCha8([32]byte{1})
	pages := 0
	const rounds = 4
	for i := range rounds {
		// More than a merge of Badger's may take, which is kept free for it.
		disk.Resize(t, fmt.Sprintf("%dm", 160+64*i))
		n := 0
		for start := time.Now(); n == 0; n = keepOn(t, d, r) { // Badger may still be writing what it has
			if time.Since(start) > 20*time.Second {
				t.Fatalf("round %d: nothing is taken although there is room again", i)
			}
		}
		pages += n
		quiet(t, d)
		disk.Fill(t) // somebody else takes the rest
		pages += keepOn(t, d, r)
		disk.Free(t)
	}
	checkReport(t, d, nov, Report{Pages: Findings{Rows: int64(2 * pages)}})
	quiet(t, d)
	disk.Fill(t)
	if err := d.Close(); !errors.Is(err, ErrFull) {
		t.Errorf("close without room: %v, want ErrFull", err)
	}
	disk.Free(t)
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
