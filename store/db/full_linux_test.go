package db

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
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

// TestAFullVolumeIsOpenedLater starts on a volume without a free byte, after a
// crash. What Badger replays ends before its file does, and to look behind the
// end takes room of a volume in memory.
func TestAFullVolumeIsOpenedLater(t *testing.T) {
	if !testhost.Alone(t, testhost.Mounts, time.Minute) {
		return
	}
	dir := t.TempDir()
	d := open(t, dir)
	commit(t, d, nov, batch("a", 100, 100))
	commit(t, d, nov, fragment("a", 100, 100))
	crashed, small := snapshot(t, dir), t.TempDir()
	disk := testhost.Mount(t, small, "160m")
	copyHoles(t, filepath.Join(crashed, "data"), filepath.Join(small, "data"))
	disk.Fill(t)
	left, err := Open(Config{Dir: filepath.Join(small, "data"), Secrets: box(t, filepath.Join(crashed, "keys")), Headroom: 32 << 20, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	r, err := left.Verify(t.Context(), nov, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, of := range []Findings{r.Pages, r.Sums} {
		if !errors.Is(of.Trouble, ErrFull) {
			t.Errorf("verify without a free byte: %+v, want ErrFull", of)
		}
	}
	if got := left.Damaged(); len(got) > 0 {
		t.Errorf("full is said to be damaged: %v", got)
	}
	disk.Free(t)
	checkReport(t, left, nov, Report{Pages: Findings{Rows: 100}, Sums: Findings{Rows: 101}})
	if err := left.Close(); err != nil {
		t.Error(err)
	}
}

// copyHoles copies a directory, and leaves out of each file the zeros at its end.
func copyHoles(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := filepath.Join(to, strings.TrimPrefix(path, from))
		if e.IsDir() {
			return os.Mkdir(name, 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return errors.Join(os.WriteFile(name, bytes.TrimRight(b, "\x00"), 0o600), os.Truncate(name, int64(len(b))))
	})
	if err != nil {
		t.Fatal(err)
	}
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
