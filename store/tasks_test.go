package store_test

import (
	"bytes"
	"encoding/hex"
	"path/filepath"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// TestTasksWhileTheStoreTakesIn verifies and backs up a store over its socket,
// again and again, while envelopes come in: all are stored, nothing is found
// that is not as it should be, and a backup has everything that was confirmed
// before it was ordered.
func TestTasksWhileTheStoreTakesIn(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	if err := h.secrets(t).Write(ingest.VendorPublicFile, []byte(hex.EncodeToString(vendorPublic))); err != nil {
		t.Fatal(err) // without, verify misses the vendor's key
	}
	s := start(t, h.config(e))
	host := newHost(t, s)
	source, err := upkeep.Open(t.Context(), home.Home{Dir: h.data, KeysDir: h.keys, RunDir: h.run})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	stopped, tasks := make(chan struct{}), sync.WaitGroup{}
	tasks.Go(func() {
		for {
			r, err := source.Verify(t.Context(), nil)
			if err != nil || !r.Sound {
				t.Errorf("verify: %+v, %v", r, err)
			}
			if b, err := upkeep.WriteBackup(t.Context(), source, file, nil); err != nil || len(b.Findings) > 0 {
				t.Errorf("backup: %+v, %v", b, err)
			}
			select {
			case <-stopped:
				return
			default:
			}
		}
	})
	const pages = 40
	for n := range uint32(pages) {
		if got := e.send(host.seal(host.page(today, n)), host.seal(host.fragment(today, 1))); got[0] != wire.Stored || got[1] != wire.Stored {
			t.Fatalf("replies %v", got)
		}
	}
	close(stopped)
	tasks.Wait()
	b, err := upkeep.WriteBackup(t.Context(), source, file, nil)
	if err != nil || b.Rows < 3*pages {
		t.Errorf("the last backup has %d rows: %v", b.Rows, err)
	}
	checked, err := upkeep.CheckBackup(t.Context(), file, h.secrets(t), nil)
	if err != nil || checked.Rows != b.Rows {
		t.Errorf("check: %+v, %v", checked, err)
	}
}

// TestQuarantine: what does not open is counted by day, over a restart, and
// nothing of it is kept.
func TestQuarantine(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	for round := range uint64(2) {
		s := start(t, h.config(e))
		host := newHost(t, s)
		sound := host.seal(host.fragment(today, 1))
		damaged := bytes.Clone(host.seal(host.fragment(today, 1)).Bytes)
		damaged[len(damaged)-1] ^= 1
		e.crate(wire.MarshalCrate([][]byte{damaged, sound.Bytes}))
		e.await(sound)
		stop(t, s)
		refused, err := ingest.ReadQuarantine(h.data)
		if err != nil || len(refused) != 1 {
			t.Fatalf("%+v, %v", refused, err)
		}
		if r := refused[0]; r.Day != today.String() || r.Reason != "closed" || r.UpToKB != 2 || r.Count != round+1 {
			t.Errorf("round %d: %+v", round, r)
		}
		if got := s.Refused()["closed"]; got != round+1 {
			t.Errorf("round %d: the store says %d", round, got)
		}
	}
}
