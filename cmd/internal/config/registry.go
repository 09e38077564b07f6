package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Registry reads the files of a product's registry and lays them over the one
// that is built in; without files it is that one. An error names each mistake with
// file, line and column, and has a hint.
func Registry[T ~string](names []T) (*registry.Registry, []registry.File, error) {
	files, err := RegistryFiles(names)
	if err != nil {
		return nil, nil, err
	}
	reg, err := registry.Overlay(nil, files...)
	if _, ok := errors.AsType[registry.Problems](err); ok {
		err = cli.WithHint(err, "mend the files; tacit registry lint %s tells one mistake a line", shownFiles(names))
	}
	return reg, files, err
}

// RegistryFiles reads the files of a product's registry. Of one that is longer
// than [registry.MaxFile] it reads so much that it is refused for that.
func RegistryFiles[T ~string](names []T) ([]registry.File, error) {
	files := make([]registry.File, 0, len(names))
	for _, name := range names {
		b, err := readRegistryFile(string(name))
		if err != nil {
			return nil, fmt.Errorf("read registry: %w", err)
		}
		files = append(files, registry.File{Name: string(name), Data: b})
	}
	return files, nil
}

func readRegistryFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	return io.ReadAll(io.LimitReader(f, registry.MaxFile+1))
}

// RegistryNote says in a report which registry is in use; "" for the one that is
// built in.
func RegistryNote[T ~string](reg *registry.Registry, names []T) string {
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("registry release %d, of %s", reg.Release, shownFiles(names))
}

func shownFiles[T ~string](names []T) string {
	words := make([]string, len(names))
	for i, name := range names {
		words[i] = string(name)
	}
	return strings.Join(words, " ")
}
