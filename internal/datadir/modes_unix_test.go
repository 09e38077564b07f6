//go:build unix

package datadir_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
)

func TestMake(t *testing.T) {
	d := datadir.Dir(filepath.Join(t.TempDir(), "x", "data"))
	for range 2 {
		if err := d.Make(); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{string(d), d.Run()} {
		if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeDir|0o755 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if err := datadir.MakeOwner(d.Agent(), d.Keys()); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{d.Agent(), d.Keys()} {
		if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	if err := os.Chmod(d.Keys(), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := datadir.MakeOwner(d.Agent(), d.Keys()); !errors.Is(err, durable.ErrExposed) {
		t.Errorf("%v, want that others can read it", err)
	}
	if err := os.WriteFile(filepath.Join(string(d), "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := datadir.Dir(filepath.Join(string(d), "file")).Make(); err == nil {
		t.Error("a file is taken for a data directory")
	}
}

// TestSocketModes: everybody may call the one, the owner the other; a token
// file can be read as far, and written by its owner only.
func TestSocketModes(t *testing.T) {
	for name, c := range map[string]struct {
		dir  string
		file string
		mode fs.FileMode
		want fs.FileMode
	}{
		"socket for everybody":   {short(t), "agent.sock", 0o666, fs.ModeSocket | 0o666},
		"socket for the owner":   {short(t), "agent.sock", 0o600, fs.ModeSocket | 0o600},
		"loopback for everybody": {long(t), "agent.door", 0o666, 0o644},
		"loopback for the owner": {long(t), "agent.door", 0o600, 0o600},
	} {
		l, err := datadir.Listen(c.dir, datadir.AgentSocket, c.mode)
		if err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(filepath.Join(c.dir, c.file))
		if err != nil || info.Mode() != c.want {
			t.Errorf("%s: %v, %v, want %v", name, info, err, c.want)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(c.dir); err != nil || len(left) != 0 {
			t.Errorf("%s: %v is left, %v", name, left, err)
		}
	}
}
