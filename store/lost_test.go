package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/ingest"
)

// TestALostSecretIsNotMadeAnew: a store that had a vendor's key, or keys that agents
// seal to, refuses to start without, says what to put back, and makes nothing.
func TestALostSecretIsNotMadeAnew(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	open := func() (*store.Store, *store.Vendor, error) {
		t.Helper()
		cfg := h.config(e)
		var err error
		if cfg.Vendor, err = store.OpenVendor(cfg.Secrets, cfg.Dir); err != nil {
			return nil, nil, err
		}
		s, err := store.New(t.Context(), cfg)
		return s, cfg.Vendor, err
	}
	s, first, err := open()
	if err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	s = start(t, h.config(e)) // hosts of tests know the tests' vendor
	host := newHost(t, s)
	if got := e.send(host.seal(host.page(today, 0))); got[0] != wire.Stored {
		t.Fatal(got)
	}
	stop(t, s)
	for _, tt := range []struct {
		lost []string
		want error
	}{
		{[]string{"vendor.key"}, store.ErrVendorLost},
		{[]string{"vendor.key", "months.json", "envelope.json"}, store.ErrVendorLost}, // the data is there
		{[]string{"envelope.json"}, ingest.ErrKeysLost},
		{[]string{"envelope.json", "months.json"}, ingest.ErrKeysLost},
	} {
		t.Run(strings.Join(tt.lost, " "), func(t *testing.T) {
			for _, name := range tt.lost {
				if err := os.Rename(filepath.Join(h.keys, name), filepath.Join(h.run, name)); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := open(); !errors.Is(err, tt.want) || !strings.Contains(err.Error(), filepath.Join(h.keys, tt.lost[0])+" is missing") {
				t.Errorf("%v", err)
			}
			for _, name := range tt.lost {
				if _, err := os.Stat(filepath.Join(h.keys, name)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s was made anew", name)
				}
				if err := os.Rename(filepath.Join(h.run, name), filepath.Join(h.keys, name)); err != nil {
					t.Fatal(err)
				}
			}
			s, v, err := open()
			if err != nil || !v.Public.Equal(first.Public) {
				t.Fatalf("put back: %v", err)
			}
			stop(t, s)
		})
	}
}

// TestTheWaysOutOfALoss: what the errors say to do where no copy is left.
func TestTheWaysOutOfALoss(t *testing.T) {
	t.Parallel()
	e, h := newEdge(t), newHouse(t)
	s, err := store.New(t.Context(), h.config(e))
	if err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	if err := os.Remove(filepath.Join(h.keys, "envelope.json")); err != nil {
		t.Fatal(err)
	}
	_, err = store.New(t.Context(), h.config(e))
	if err == nil {
		t.Fatal("it starts without its keys")
	}
	_, text, _ := strings.Cut(err.Error(), "write ")
	text, _, _ = strings.Cut(text, " into it")
	if err := os.WriteFile(filepath.Join(h.keys, "envelope.json"), []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = start(t, h.config(e))
	k, err := s.Keys()
	if err != nil {
		t.Fatal(err)
	}
	if r := k.Report(); len(r.Keys) < 2 || r.Keys[0].ID < 1000 {
		t.Errorf("keys with IDs of before: %+v", r.Keys)
	}
	host := newHost(t, s)
	if got := e.send(host.seal(host.page(today, 0))); got[0] != wire.Stored {
		t.Error(got)
	}
}
