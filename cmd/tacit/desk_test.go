package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// TestDeskIsAlone runs the desk of the shipped example before any store runs: it
// serves, holds its place, and never opens the store itself.
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
	h := (&deskDaemon{data: data}).histories(nil)
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

// TestDeskRecovers: a code to come in again is shown when the audit log says so, and
// not otherwise.
func TestDeskRecovers(t *testing.T) {
	m := newMachines(t)
	m.set("desk.yaml")
	var out bytes.Buffer
	env := &cli.Env{Out: &out, Err: io.Discard, JSON: true}
	recover := func() error {
		out.Reset()
		return recoverDesk(t.Context(), env, m.file["desk.yaml"], "ada")
	}
	wantHinted(t, recover(), "no desk was ever started there")
	m.start("desk.yaml", runDesk).stop()
	if err := recover(); err != nil || !strings.Contains(out.String(), `"code"`) {
		t.Fatalf("%q, %v", out.String(), err)
	}
	file := filepath.Join(datadir.Dir(m.dir+"/vendor").Desk(), "audit.log")
	log, err := os.ReadFile(file)
	if err != nil || bytes.Count(log, []byte(`"by":"tacit desk recover"`)) != 1 || !bytes.Contains(log, []byte(`"of":"ada"`)) {
		t.Errorf("the audit log has %s, %v", log, err)
	}
	if err := os.WriteFile(file, append([]byte("{}\n"), log...), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := recover(); !errors.Is(err, audit.ErrDamaged) || out.Len() > 0 {
		t.Errorf("without a row it prints %q, %v", out.String(), err)
	}
}
