package db

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// inspectBlocks bounds how many bytes of tables are read whole before a half is
// opened: those first that Badger merges first. Of the others the footer, the
// index and one block are looked at.
const inspectBlocks = 256 << 20

// asideExt ends the name of the directory of tables that MANIFEST does not
// name, until it is known that nothing is only in them.
const asideExt = ".aside"

// inspect looks at the files of a half before Badger does, which ends the
// process over a damaged table, deletes tables that MANIFEST does not name, and
// begins anew where there is nothing. Tables that are not named are set aside.
func inspect(path string, begun bool, opt badger.Options) error {
	files, err := listFiles(path)
	if err != nil {
		return err
	}
	if !files.any() {
		return notGone(path, begun)
	}
	if !files.manifest {
		return fmt.Errorf("%s is missing beside its tables: %w", badger.ManifestFilename, ErrDamaged)
	}
	named, err := namedTables(filepath.Join(path, badger.ManifestFilename), opt)
	if err != nil {
		return fmt.Errorf("%s: %v: %w", badger.ManifestFilename, err, ErrDamaged)
	}
	budget := int64(inspectBlocks)
	ids := slices.SortedFunc(maps.Keys(named), func(a, b uint64) int {
		return cmp.Or(cmp.Compare(named[a].Level, named[b].Level), cmp.Compare(a, b))
	})
	for _, id := range ids {
		size, ok := files.tables[id]
		if !ok {
			return fmt.Errorf("table %s is missing: %w", table.IDToFilename(id), ErrDamaged)
		}
		budget -= size
		if err := inspectTable(table.NewFilename(id, path), named[id].Compression, budget >= 0); err != nil {
			return err
		}
		delete(files.tables, id)
	}
	return setAside(path, slices.Sorted(maps.Keys(files.tables)), opt.ReadOnly)
}

// files are the names in a half's directory that matter; none when it is not
// there.
type files struct {
	manifest bool
	logs     int              // memory tables
	tables   map[uint64]int64 // size by number
}

// any says whether Badger made the half.
func (f files) any() bool { return f.manifest || len(f.tables)+f.logs > 0 }

func listFiles(path string) (files, error) {
	f := files{tables: map[uint64]int64{}}
	entries, err := os.ReadDir(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("list files: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			return f, fmt.Errorf("list files: %w", err)
		}
		if id, ok := table.ParseFileID(e.Name()); ok {
			f.tables[id] = info.Size()
		}
		if filepath.Ext(e.Name()) == ".mem" {
			f.logs++
		}
		f.manifest = f.manifest || e.Name() == badger.ManifestFilename
	}
	return f, nil
}

// namedTables returns the tables that Badger's MANIFEST names.
func namedTables(path string, opt badger.Options) (map[uint64]badger.TableManifest, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	m, _, err := badger.ReplayManifestFile(f, opt.ExternalMagicVersion, opt)
	return m.Tables, err
}

// setAside moves tables that MANIFEST does not name to a directory beside, with
// a copy of MANIFEST. Mostly a crash left them, and their rows are elsewhere.
func setAside(path string, ids []uint64, readOnly bool) error {
	if len(ids) == 0 {
		return nil
	}
	if readOnly {
		return fmt.Errorf("it was not closed, and is opened again when there is room: %w", ErrFull)
	}
	aside := path + asideExt
	if err := durable.MakeOwnerDir(aside); err != nil {
		return err
	}
	b, err := os.ReadFile(filepath.Join(path, badger.ManifestFilename))
	if err != nil {
		return err
	}
	if err := durable.WriteFile(filepath.Join(aside, badger.ManifestFilename), b, durable.OwnerFile); err != nil {
		return err
	}
	for _, id := range ids {
		if err := os.Rename(table.NewFilename(id, path), table.NewFilename(id, aside)); err != nil {
			return err
		}
	}
	return errors.Join(durable.SyncDir(aside), durable.SyncDir(path))
}

// compressionOf guesses how a table that MANIFEST does not name was written.
func compressionOf(h Half) options.CompressionType {
	if h == PagesHalf {
		return options.None
	}
	return options.ZSTD
}
