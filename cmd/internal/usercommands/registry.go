package usercommands

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// registryFile has, in the agent's directory, the files of the registry that it
// runs with.
const registryFile = "registry.json"

// KeepRegistry keeps the files of an agent's registry for the commands that look
// while it does not run: a preview shows what they name. The caller holds the
// agent's lock, and the agent was opened.
func KeepRegistry(dir datadir.Dir, files []registry.File) error {
	path := filepath.Join(dir.Agent(), registryFile)
	want, err := json.Marshal(files)
	if err != nil {
		return err
	}
	had, err := os.ReadFile(path)
	if err == nil && bytes.Equal(had, want) || len(files) == 0 && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := durable.WriteFile(path, want, durable.OwnerFile); err != nil {
		return fmt.Errorf("keep the registry for commands: %w", durable.Bare(err))
	}
	return nil
}

// keptRegistry returns the registry that the agent ran with; the base when it
// ran with that.
func keptRegistry(dir datadir.Dir) (*registry.Registry, error) {
	b, err := os.ReadFile(filepath.Join(dir.Agent(), registryFile))
	if errors.Is(err, fs.ErrNotExist) {
		return registry.Base(), nil
	}
	var files []registry.File
	if err == nil {
		err = json.Unmarshal(b, &files)
	}
	if err != nil {
		return nil, fmt.Errorf("read the registry of the agent: %w", durable.Bare(err))
	}
	reg, err := registry.Overlay(nil, files...)
	if err != nil { // what stands there now may be anything, and is not repeated
		return nil, fmt.Errorf("read the registry of the agent: %s %w", registryFile, durable.ErrDamaged)
	}
	return reg, nil
}
