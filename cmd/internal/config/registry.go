package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Registry reads the files of a product's registry and lays them over the one
// that is built in; without files it is that one. A directory stands for its files
// of which the name ends with .yaml. An error names each mistake with file, line
// and column, and has a hint.
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

// RegistryFiles reads the files of a product's registry, and of the directories
// named. Of a file that is longer than [registry.MaxFile] it reads so much that it
// is refused for that.
func RegistryFiles[T ~string](names []T) ([]registry.File, error) {
	files := make([]registry.File, 0, len(names))
	for _, name := range names {
		paths, err := registryPaths(string(name))
		if err != nil {
			return nil, fmt.Errorf("read registry: %w", err)
		}
		for _, path := range paths {
			b, err := readRegistryFile(path)
			if err != nil {
				return nil, fmt.Errorf("read registry: %w", err)
			}
			files = append(files, registry.File{Name: path, Data: b})
		}
	}
	return files, nil
}

// registryExt ends the names of the files of a registry.
const registryExt = ".yaml"

// registryPaths returns the file of that name, or what the directory has, by name.
func registryPaths(name string) (paths []string, err error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, err
	}
	entries, err := os.ReadDir(name) // not a pattern, which the name of the directory might be
	for _, e := range entries {
		if filepath.Ext(e.Name()) == registryExt && !e.IsDir() {
			paths = append(paths, filepath.Join(name, e.Name()))
		}
	}
	if err == nil && len(paths) == 0 {
		err = cli.WithHint(fmt.Errorf("directory %s has no file of a registry", name), "their names end with %s", registryExt)
	}
	return paths, err
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
