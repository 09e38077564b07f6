//go:build unix

package outbox_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

func TestOwnerOnly(t *testing.T) {
	c := outbox.Config{Dir: filepath.Join(t.TempDir(), "outbox")}
	o := open(t, c)
	add(t, o, sealed(t, envelope.Fragment, nil))
	path := filepath.Join(c.Dir, fmt.Sprintf("%010d.sent", 1))
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := o.Entry(1); !errors.Is(err, durable.ErrExposed) {
		t.Errorf("%v, want that others can read it", err)
	}
	if err := os.Chmod(c.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := outbox.Open(c); !errors.Is(err, durable.ErrExposed) {
		t.Errorf("%v, want that others can read it", err)
	}
}
