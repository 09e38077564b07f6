package store_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
)

// TestADamagedMonthHoldsUpNobody sends more crates with a page of a damaged month
// than may be unacknowledged at a time, and then a sound one.
func TestADamagedMonthHoldsUpNobody(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host, was := newHost(t, s), today-40
	if got := e.send(host.seal(host.page(was, 0))); got[0] != wire.Stored {
		t.Fatal(got)
	}
	stop(t, s)
	if err := os.WriteFile(filepath.Join(h.data, was.Month().String(), "pages", "MANIFEST"), []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, h.config(e))
	for n := range uint32(71) {
		e.crate(wire.MarshalCrate([][]byte{host.seal(host.page(was, n+1)).Bytes}))
	}
	if got := e.send(host.seal(host.page(today, 0, used(time.Now(), "up")))); got[0] != wire.Stored {
		t.Errorf("a sound crate: %v", got)
	}
	until(t, "crates are acknowledged", func() bool { return e.pending() == 0 })
	if stats, err := s.Stats(); err != nil || stats.Outcomes["trouble"] == 0 || len(e.replies) != 0 {
		t.Errorf("%v, %v, %d replies to what is not on disk", stats.Outcomes, err, len(e.replies))
	}
}

// TestADamagedMonthIsSeenAtTheStart: nobody has to send or ask before the store says
// that it is not ready, and what is put right is not damaged any more.
func TestADamagedMonthIsSeenAtTheStart(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s := start(t, h.config(e))
	host := newHost(t, s)
	if got := e.send(host.seal(host.page(today, 0)), host.seal(host.page(today-40, 0))); got[0] != wire.Stored || got[1] != wire.Stored {
		t.Fatal(got)
	}
	stop(t, s)
	for was, ready := range map[schema.Day]error{today: store.ErrTrouble, today - 40: nil} {
		t.Run(was.Month().String(), func(t *testing.T) {
			path := filepath.Join(h.data, was.Month().String(), "pages", "MANIFEST")
			if err := os.Rename(path, path+".aside"); err != nil {
				t.Fatal(err)
			}
			s := start(t, h.config(e))
			until(t, "the month is damaged", func() bool {
				stats, err := s.Stats()
				return err == nil && slices.Equal(stats.Damaged, []schema.Month{was.Month()})
			})
			if err := s.Ready(); !errors.Is(err, ready) {
				t.Errorf("ready: %v, want %v", err, ready)
			}
			stop(t, s)
			if err := os.Rename(path+".aside", path); err != nil {
				t.Fatal(err)
			}
		})
	}
}
