package upkeep

import (
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// TestManyPages goes through every task on a store of full pages and says how
// long each took and how much memory: 600 pages, or as many as TACIT_PAGES
// says. A million take some minutes and 13 GiB of disk.
func TestManyPages(t *testing.T) {
	pages := 600
	if s := os.Getenv("TACIT_PAGES"); s != "" {
		var err error
		if pages, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	h := newHouse(t)
	timed(t, "fill", func() { h.fillMany(pages) })
	timed(t, "verify", func() {
		r, err := h.up.Verify(t.Context(), nil)
		if err != nil || !r.Sound || r.Rows != int64(2*pages) {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	file := filepath.Join(t.TempDir(), "backup")
	timed(t, "backup", func() {
		if _, err := WriteBackup(t.Context(), h.up, file, nil); err != nil {
			t.Fatal(err)
		}
	})
	half := int64(pages / 2)
	timed(t, "recall", func() {
		r, err := h.up.Recall(t.Context(), Recall{Version: oldBuild.Version, From: h.today - 100, To: h.today}, nil)
		if err != nil || r.Pages != half {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	timed(t, "verify after recall", func() {
		if r, err := h.up.Verify(t.Context(), nil); err != nil || !r.Sound {
			t.Fatalf("%+v, %v", r, err)
		}
	})
	h.close()
	box, err := secret.Open(h.keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	timed(t, "restore and verify", func() {
		r, err := Restore(t.Context(), RestoreConfig{File: file, Dir: filepath.Join(t.TempDir(), "store"), Secrets: box, Verify: true}, nil)
		if err != nil || r.Rows != int64(2*pages) || !r.Verified || r.Recalled != half {
			t.Fatalf("%+v, %v", r, err)
		}
	})
}

// fillMany stores full pages of three months.
func (h *house) fillMany(pages int) {
	h.t.Helper()
	const group = 600 // about what a busy store commits at a time
	plain := make([]byte, page.Capacity)
	for first := 0; first < pages; first += group {
		batches := map[schema.Month][]db.Batch{}
		for n := first; n < min(pages, first+group); n++ {
			m := h.day(n).Month()
			batches[m] = append(batches[m], h.pageOf(n, plain))
		}
		clear(h.right) // of so many nobody asks
		for m, b := range batches {
			if err := h.rows.Commit(h.t.Context(), db.Group{Month: m, Batches: b}); err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

// timed runs a task and logs what it took.
func timed(t *testing.T, what string, do func()) {
	t.Helper()
	stop, watching := make(chan struct{}), sync.WaitGroup{}
	var peak uint64
	watching.Go(func() {
		for tick := time.NewTicker(20 * time.Millisecond); ; {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapInuse)
			select {
			case <-stop:
				tick.Stop()
				return
			case <-tick.C:
			}
		}
	})
	begun := time.Now()
	do()
	took := time.Since(begun)
	close(stop)
	watching.Wait()
	t.Logf("%-20s %8.1f s, heap at most %d MiB", what, took.Seconds(), peak>>20)
}
