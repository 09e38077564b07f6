package usercommands

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// TestKeptRegistry: commands that look beside know what the agent ran with last.
func TestKeptRegistry(t *testing.T) {
	dir := datadir.Dir(t.TempDir())
	if err := os.MkdirAll(dir.Agent(), 0o700); err != nil {
		t.Fatal(err)
	}
	knows := func(want bool) {
		t.Helper()
		reg, err := keptRegistry(dir)
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := reg.Metric("finder.menu.used"); ok != want {
			t.Errorf("it knows the example's metrics: %v", ok)
		}
		if _, ok := reg.Metric("os.type"); !ok {
			t.Error("it does not know the base")
		}
	}
	knows(false)
	for _, files := range [][]registry.File{example.Files(), nil, example.Files()} {
		for range 2 {
			if err := KeepRegistry(dir, files); err != nil {
				t.Fatal(err)
			}
		}
		knows(files != nil)
	}
	if err := os.WriteFile(filepath.Join(dir.Agent(), registryFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if reg, err := keptRegistry(dir); err == nil {
		t.Errorf("garbage is release %d", reg.Release)
	}
}
