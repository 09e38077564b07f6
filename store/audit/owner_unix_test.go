//go:build unix

package audit_test

import (
	"errors"
	"os"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store/audit"
)

// TestOwnerOnly: rows are for the owner, and a directory that others can read is not
// written into.
func TestOwnerOnly(t *testing.T) {
	p := newPlace(t)
	p.lookups(p.open(), "ada", 1)
	for _, path := range []string{p.file, p.cfg.Witness} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v, %v", info.Mode(), err)
		}
	}
	if err := os.Chmod(p.cfg.Dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := audit.Open(p.cfg); !errors.Is(err, durable.ErrExposed) {
		t.Errorf("%v, want that others can read it", err)
	}
}
