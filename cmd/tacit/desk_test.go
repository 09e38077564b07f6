package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// TestDeskIsAlone runs the desk of the shipped example before any store runs: it
// serves, holds its place, restores access, and never opens the store itself.
func TestDeskIsAlone(t *testing.T) {
	m := newMachines(t)
	m.set("desk.yaml")
	d := m.start("desk.yaml", runDesk)
	code := d.find(`setup code (\S+):`)
	if status, body := m.get("8471", "/setup"); status != http.StatusOK || strings.Contains(body, code) {
		t.Errorf("status %d of /setup", status)
	}
	wantHinted(t, runDesk(t.Context(), &cli.Env{Err: io.Discard}, daemonOptions{config: m.file["desk.yaml"]}), "holds the data directory")

	data := datadir.Dir(m.dir + "/vendor")
	if err := datadir.MakeOwner(data.Store()); err != nil {
		t.Fatal(err)
	}
	h := &deskHistories{at: foundStore{data: data, keys: data.Keys(), asked: true}, known: func() (*registry.Set, error) { return registry.BaseSet(), nil }}
	_, err := h.Open(t.Context(), lookup.SubjectOf(uuid.New()), time.Now().AddDate(0, 0, -7), "")
	if !errors.Is(err, home.ErrAway) {
		t.Errorf("a lookup without a store: %v", err)
	}
	if _, err := h.population(t.Context()); !errors.Is(err, home.ErrAway) {
		t.Errorf("what all add up to, without a store: %v", err)
	}
	if _, err := h.Erase(t.Context(), lookup.SubjectOf(uuid.New())); !errors.Is(err, home.ErrAway) {
		t.Errorf("an erasure without a store: %v", err)
	}
	if left, err := os.ReadDir(data.Store()); err != nil || len(left) != 0 {
		t.Errorf("the desk made %v in the store's directory, %v", left, err)
	}
	d.stop()
}
