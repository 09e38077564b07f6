//go:build unix

package engineers

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// TestOwnerOnly: the list is for its owner, and is not changed where others could
// put another one in its place.
func TestOwnerOnly(t *testing.T) {
	l := In(filepath.Join(t.TempDir(), "desk"))
	if _, err := l.Add("ada", time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(l.dir, file)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := os.Chmod(l.dir, 0o770); err != nil {
		t.Fatal(err)
	}
	if err := l.Remove("ada"); !errors.Is(err, durable.ErrExposed) {
		t.Errorf("%v, want that others can read it", err)
	}
}
