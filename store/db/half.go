package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"github.com/dgraph-io/badger/v4"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// half is one opened half of a month.
type half struct {
	month    schema.Month
	kind     Half
	readOnly bool
	quiet    bool // hardly anything is written to it any more
	badger   *badger.DB
	manifest *manifest

	count counted // of the last transaction; the writer's own

	deleted bool // rows were, since it was opened; the writer's own

	written atomic.Uint64 // bytes since it was opened
}

// halfPath returns the directory of a half's Badger. What lies beside it has
// the same name with an ending.
func halfPath(dir string, m schema.Month, h Half) string {
	return filepath.Join(dir, m.String(), h.String())
}

// openHalf opens a half, and makes it when it never was. For reading only,
// nothing is made or changed.
func (d *DB) openHalf(k placeKey, readOnly bool) (*half, error) {
	m, h := k.month, k.half
	check, err := d.keys.check(m)
	if err != nil {
		return nil, fmt.Errorf("open %s of month %s: %w", h, m, err)
	}
	log := d.log.With(slog.String("month", m.String()), slog.String("half", h.String()))
	got := &half{month: m, kind: h, readOnly: readOnly, quiet: d.isQuiet(k)}
	err = got.open(halfPath(d.cfg.Dir, m, h), d.begun.has(k), check, log)
	if err == nil && !readOnly {
		if err := d.begun.set(k, true); err != nil {
			return nil, fmt.Errorf("open %s of month %s: %w", h, m, errors.Join(err, got.close()))
		}
	}
	if err == nil {
		return got, nil
	}
	switch {
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("%w; fix: give the store's user its files back", err)
	case errors.Is(err, errOther):
		err = fmt.Errorf("%w; fix: put back the keys directory that belongs to this data, or the month that belongs to these keys", err)
	case errors.Is(err, errCheck):
		err = fmt.Errorf("%w; fix: remove %s beside the half, without which it is taken as it is", err, h.String()+checkExt)
	default:
		err = fmt.Errorf("%w; fix: restore this half from a backup (tacit store verify says how), or go on without what this half had: end the store, move what is left of the half and lies beside it away, and remove %s from the keys directory, which is made anew of what is there", err, begunFile)
	}
	return nil, fmt.Errorf("open %s of month %s: %w", h, m, errors.Join(err, got.close()))
}

// isQuiet says whether hardly anything is written to a half any more: pages are
// of the day on which they are sent for the first time, so those of the month
// before last come from agents that were away. A restore writes all months.
func (d *DB) isQuiet(k placeKey) bool {
	return k.half == PagesHalf && !d.cfg.Restore && k.month+1 < schema.DayOf(d.cfg.Now()).Month()
}

// open opens the files. begun says that the half must have some, check is what
// ties it to its month's secret.
func (h *half) open(path string, begun bool, check []byte, log *slog.Logger) (err error) {
	if h.quiet {
		files, err := listFiles(path)
		if err != nil {
			return err
		}
		h.quiet = files.logs == 0 // what a crash left in memory tables may not fit into small ones
	}
	opt := profile(path, h.kind, h.quiet, log).WithReadOnly(h.readOnly)
	if _, err := compareCheck(path, check); err != nil {
		return err
	}
	if err := inspect(path, begun, opt); err != nil {
		return err
	}
	if !h.readOnly {
		if err := errors.Join(durable.MakeOwnerDir(filepath.Dir(path)), durable.MakeOwnerDir(path)); err != nil {
			return err
		}
	}
	if h.manifest, err = openManifest(path, h.readOnly); err != nil {
		return fmt.Errorf("its manifest: %w", err)
	}
	if !h.readOnly {
		if err := errors.Join(dropUnused(path), makeCheck(path, check)); err != nil {
			return err
		}
	}
	if h.badger, err = openBadger(opt, h.kind); err != nil {
		return err
	}
	if h.readOnly {
		return nil
	}
	if err := h.sortAside(path); err != nil {
		return err
	}
	return errors.Join(durable.SyncDir(filepath.Dir(path)), durable.SyncDir(filepath.Dir(filepath.Dir(path))))
}

// view runs fn with a transaction to read with. A panic of Badger's over a
// damaged block is an error.
func (h *half) view(fn func(txn *badger.Txn) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", ErrDamaged, p)
		}
	}()
	if h.kind != PagesHalf {
		return h.badger.View(fn)
	}
	txn := h.badger.NewTransactionAt(deletedVersion, false)
	defer txn.Discard()
	return fn(txn)
}

// update returns a transaction to write with.
func (h *half) update() *badger.Txn {
	if h.kind != PagesHalf {
		return h.badger.NewTransaction(true)
	}
	return h.badger.NewTransactionAt(deletedVersion, true)
}

// end commits a transaction. version counts only for pages.
func (h *half) end(txn *badger.Txn, version uint64) error {
	if h.kind != PagesHalf {
		return txn.Commit()
	}
	return txn.CommitAt(version, nil)
}

// get returns a row's value, or false when there is no such row.
func (h *half) get(row []byte) (value []byte, ok bool, err error) {
	err = h.view(func(txn *badger.Txn) error {
		item, err := txn.Get(row)
		if err != nil {
			return err
		}
		value, err = item.ValueCopy(nil)
		return err
	})
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	return value, err == nil, err
}

// chunk calls each for at most n rows whose keys begin with prefix, from the key
// from on, in order of keys, and returns the key to go on from, nil at the end.
// row and value are each's only until it returns.
//
// Chunks are short for a reason: as long as somebody reads, Badger keeps the logs
// of memory tables that it has written to disk already, and after a crash it
// takes what is in them for new, also rows that were deleted since.
func chunk(ctx context.Context, txn *badger.Txn, prefix, from []byte, n int, each func(row, value []byte) error) (next []byte, err error) {
	opt := badger.DefaultIteratorOptions
	opt.Prefix = prefix
	opt.PrefetchValues = false // they lie beside their keys
	it := txn.NewIterator(opt)
	defer it.Close()
	for it.Seek(from); it.Valid(); it.Next() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		row := it.Item().Key()
		if row[0] == countTable {
			continue
		}
		if n == 0 {
			return bytes.Clone(row), nil
		}
		n--
		if err := it.Item().Value(func(value []byte) error { return each(row, value) }); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// needs returns how many bytes Badger may yet write of what it was given: its
// memory tables, and merges of the tables on disk, which are written anew
// before the old ones go.
func (h *half) needs() uint64 {
	if h.readOnly {
		return 0
	}
	n := min(h.written.Load(), (memTables+1)*pagesMemTable)
	for _, l := range h.badger.Levels() {
		if l.Level == 0 || l.IsBaseLevel {
			n += uint64(l.Size)
		} else {
			n += uint64(min(l.Size, mergeWidth*tableSize))
		}
	}
	return n
}

// stale says whether something that was deleted may still lie in the tables.
func (h *half) stale() bool {
	if h.readOnly {
		return false
	}
	stale := h.deleted
	for _, l := range h.badger.Levels() {
		stale = stale || l.StaleDatSize > 0
	}
	return stale
}

// size returns how many bytes its tables have.
func (h *half) size() (n uint64) {
	for _, l := range h.badger.Levels() {
		n += uint64(l.Size)
	}
	return n
}

// close closes what is open of the half.
func (h *half) close() error {
	var errs []error
	if h.badger != nil {
		errs = append(errs, h.badger.Close())
	}
	if h.manifest != nil {
		errs = append(errs, h.manifest.close())
	}
	return errors.Join(errs...)
}

// months returns the months that have a directory in dir, oldest first.
func months(dir string) ([]schema.Month, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("list months: %w", err)
	}
	var out []schema.Month
	for _, e := range entries {
		if m, err := schema.ParseMonth(e.Name()); err == nil && e.IsDir() {
			out = append(out, m)
		}
	}
	slices.Sort(out)
	return out, nil
}
