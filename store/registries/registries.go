package registries

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// dirName is the name of the directory within the store's.
const dirName = "registries"

// ErrChanged says that a release was given before with other content. It is
// wrapped with the release and the directory that has it. Count the release up.
var ErrChanged = errors.New("this store was given that release with other content")

// Keep keeps the files of one release in the store's directory, which must be
// there, unless it has them already; in another order or under other names they
// are the same. Without files it keeps nothing: the base is built in. The error
// is that of [registry.Overlay], or wraps [ErrChanged].
func Keep(dir string, files ...registry.File) error {
	if len(files) == 0 {
		return nil
	}
	reg, err := registry.Overlay(nil, files...)
	if err != nil {
		return err
	}
	root := filepath.Join(dir, dirName)
	if err := durable.MakeOwnerDir(root); err != nil {
		return keepError(reg.Release, err)
	}
	at := place(root, reg.Release)
	if err := write(root, at, files); err != nil {
		return keepError(reg.Release, err)
	}
	return compare(at, reg.Release, files)
}

// Check returns the error that Keep would if it can tell without writing.
func Check(dir string, files ...registry.File) error {
	if len(files) == 0 {
		return nil
	}
	reg, err := registry.Overlay(nil, files...)
	if err != nil {
		return err
	}
	at := place(filepath.Join(dir, dirName), reg.Release)
	if _, err := os.Stat(at); err != nil {
		return nil
	}
	return compare(at, reg.Release, files)
}

// compare refuses files that are not those that are kept.
func compare(at string, release schema.Release, files []registry.File) error {
	kept, err := readFiles(at)
	if err == nil && !same(kept, files) {
		err = fmt.Errorf("%w: %s", ErrChanged, at)
	}
	if err != nil {
		return keepError(release, err)
	}
	return nil
}

func keepError(release schema.Release, err error) error {
	return fmt.Errorf("keep registry release %d: %w", release, err)
}

func place(root string, release schema.Release) string {
	return filepath.Join(root, strconv.FormatUint(uint64(release), 10))
}

// write writes the files of a release that is not there yet. A crash leaves a
// directory that is no release.
func write(root, at string, files []registry.File) error {
	if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir, err := os.MkdirTemp(root, ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // a leftover is harmless
	for i, f := range files {
		if err := durable.WriteFile(filepath.Join(dir, strconv.Itoa(i+1)+".yaml"), f.Data, durable.OwnerFile); err != nil {
			return err
		}
	}
	if err := os.Rename(dir, at); err != nil && !errors.Is(err, fs.ErrExist) { // another process was first: it is compared
		return err
	}
	return durable.SyncDir(root)
}

// same says whether two registries have the same files, in any order.
func same(a, b []registry.File) bool {
	return slices.EqualFunc(sorted(a), sorted(b), func(a, b registry.File) bool { return bytes.Equal(a.Data, b.Data) })
}

func sorted(files []registry.File) []registry.File {
	return slices.SortedFunc(slices.Values(files), func(a, b registry.File) int { return bytes.Compare(a.Data, b.Data) })
}

// Read returns all releases that the store in the directory was given; the base
// alone when it was given none. The error names what cannot be read.
func Read(dir string) (*registry.Set, error) {
	root := filepath.Join(dir, dirName)
	entries, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the registries of the store: %w", err)
	}
	var all []*registry.Registry
	for _, e := range entries {
		release, err := strconv.ParseUint(e.Name(), 10, 32)
		if err != nil {
			continue // a leftover
		}
		reg, err := readRelease(place(root, schema.Release(release)), schema.Release(release))
		if err != nil {
			return nil, fmt.Errorf("read registry release %d of the store: %w", release, err)
		}
		all = append(all, reg)
	}
	if len(all) == 0 {
		return registry.BaseSet(), nil
	}
	return registry.NewSet(all...)
}

// readRelease reads one release, which must be of that number.
func readRelease(at string, release schema.Release) (*registry.Registry, error) {
	files, err := readFiles(at)
	if err != nil {
		return nil, err
	}
	reg, err := registry.Overlay(nil, files...)
	if err != nil {
		return nil, damaged(at, err)
	}
	if len(files) == 0 || reg.Release != release {
		return nil, fmt.Errorf("%s %w", at, durable.ErrDamaged)
	}
	return reg, nil
}

// damaged says where a registry is not what was kept. What stands there instead
// may be anything, and is not repeated.
func damaged(at string, err error) error {
	if problems, ok := errors.AsType[registry.Problems](err); ok && len(problems) > 0 {
		return fmt.Errorf("%s:%d %w", problems[0].File, problems[0].Line, durable.ErrDamaged)
	}
	return fmt.Errorf("%s %w", at, durable.ErrDamaged)
}

// readFiles reads the files in a directory, in their order.
func readFiles(at string) ([]registry.File, error) {
	var files []registry.File
	for n := 1; ; n++ {
		name := filepath.Join(at, strconv.Itoa(n)+".yaml")
		b, err := os.ReadFile(name)
		if errors.Is(err, fs.ErrNotExist) {
			return files, nil
		}
		if err != nil {
			return nil, err
		}
		files = append(files, registry.File{Name: name, Data: b})
	}
}
