//go:build unix

package main

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

// TestDeskIsItsOwners: a desk does not serve when others can read who has an account,
// or who was looked up, nor as another user than the store's.
func TestDeskIsItsOwners(t *testing.T) {
	m := newMachines(t)
	m.set("desk.yaml")
	m.start("desk.yaml", runDesk).stop()
	data := datadir.Dir(m.dir + "/vendor")
	run := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		return runDesk(ctx, &cli.Env{Err: io.Discard}, daemonOptions{config: m.file["desk.yaml"]})
	}
	for _, dir := range []string{data.Desk(), deskAccounts(data)} {
		if err := os.Chmod(dir, 0o750); err != nil {
			t.Fatal(err)
		}
		if err := run(); !errors.Is(err, durable.ErrExposed) {
			t.Errorf("others can read %s: %v", dir, err)
		}
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if os.Geteuid() != 0 {
		return // nobody else can give a directory away
	}
	const other = 12345
	if err := errors.Join(datadir.MakeOwner(data.Store()), os.Chown(data.Store(), other, -1)); err != nil {
		t.Fatal(err)
	}
	wantHinted(t, run(), "belongs to another user")
}
