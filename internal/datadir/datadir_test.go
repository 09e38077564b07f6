package datadir_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// short returns a directory whose sockets have paths short enough.
func short(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// long returns a directory in which no Unix socket can be made.
func long(t testing.TB) string {
	t.Helper()
	dir := filepath.Join(short(t), strings.Repeat("long", 30))
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestNames(t *testing.T) {
	d := datadir.Dir(filepath.Join("a", "b"))
	for got, want := range map[string]string{d.Agent(): "agent", d.Relay(): "relay", d.Store(): "store", d.Keys(): "keys", d.Run(): "run"} {
		if got != filepath.Join("a", "b", want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if datadir.SystemRun() != datadir.System().Run() || datadir.System() == "" {
		t.Error("the system's agent has another run directory")
	}
	if rel, err := filepath.Rel(d.Store(), d.Keys()); err != nil || !strings.HasPrefix(rel, "..") {
		t.Error("keys lie below the data")
	}
}
