package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/table"
	"github.com/dgraph-io/badger/v4/y"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// deletedBit is Badger's mark of a row that was deleted, in a table.
const deletedBit = 1 << 0

// sortAside looks at tables that were set aside: when all rows in them that
// the manifest lists are in Badger as well, a crash left them, and they go. Else
// the error says so, and they stay.
func (h *half) sortAside(path string) error {
	aside := path + asideExt
	tables, err := filepath.Glob(filepath.Join(aside, "*.sst"))
	if err != nil || len(tables) == 0 {
		return err
	}
	lost, unreadable := map[[16]byte]bool{}, 0
	for _, name := range tables {
		err := inspectIndex(name)
		if err == nil {
			err = withTable(name, compressionOf(h.kind), func(t *table.Table) error { return h.onlyIn(t, lost) })
		}
		if err != nil {
			unreadable++ // it was never finished, or says nothing any more
		}
	}
	if err := h.manifest.keepListed(lost); err != nil {
		return err
	}
	if len(lost) > 0 {
		return fmt.Errorf("%s does not name tables that alone hold %d rows; they are kept beside it in %s: %w",
			badger.ManifestFilename, len(lost), filepath.Base(aside), ErrDamaged)
	}
	if unreadable > 0 {
		return nil
	}
	return errors.Join(os.RemoveAll(aside), durable.SyncDir(filepath.Dir(path)))
}

// onlyIn adds the names of the table's rows that are not in Badger, or only as
// they were before.
func (h *half) onlyIn(t *table.Table, lost map[[16]byte]bool) error {
	it := t.NewIterator(0)
	defer it.Close()
	return h.view(func(txn *badger.Txn) error {
		for it.Rewind(); it.Valid(); it.Next() {
			if it.Value().Meta&deletedBit != 0 {
				continue
			}
			row := y.ParseKey(it.Key())
			item, err := txn.Get(row)
			if err == nil && item.Version() >= y.ParseTs(it.Key()) {
				continue
			}
			if err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
				return err
			}
			lost[nameOf(row)] = true
		}
		return nil
	})
}

// keepListed takes the names out that the manifest does not list.
func (m *manifest) keepListed(names map[[16]byte]bool) error {
	if len(names) == 0 {
		return nil
	}
	listed := map[[16]byte]bool{}
	l, err := openList(context.Background(), m.path+manifestExt)
	if err != nil {
		return err
	}
	defer l.close()
	for name := range names {
		_, _, ok, err := l.find(name)
		if err != nil {
			return err
		}
		listed[name] = ok
	}
	_, err = m.eachInTails(func(e entry) error {
		if names[e.Row] {
			listed[e.Row] = e.Say != sayGone
		}
		return nil
	})
	for name := range names {
		if !listed[name] {
			delete(names, name)
		}
	}
	return err
}
