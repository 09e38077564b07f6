package db

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/dgraph-io/badger/v4"

	"github.com/tacit-telemetry/tacit/schema"
)

// Get returns the value of a row, or false when there is none. It never makes
// a month.
func (d *DB) Get(m schema.Month, t Table, key []byte) ([]byte, bool, error) {
	got, err := d.month(m, false)
	if err != nil || got == nil {
		return nil, false, err
	}
	r := Row{Table: t, Key: key}
	value, ok, err := got.get(r.bytes())
	if err != nil {
		return nil, false, fmt.Errorf("read month %s: %w", m, err)
	}
	return value, ok, nil
}

// Scan calls each for the rows of a table whose keys begin with prefix, in
// order of keys, until it returns an error, which Scan returns as it is. Key
// and value are the callee's own; the key is without the table byte.
func (d *DB) Scan(ctx context.Context, m schema.Month, t Table, prefix []byte, each func(key, value []byte) error) error {
	got, err := d.month(m, false)
	if err != nil || got == nil {
		return err
	}
	r := Row{Table: t, Key: prefix}
	var stop error
	err = got.scan(ctx, r.bytes(), func(row, value []byte) error {
		stop = each(row[1:], value)
		return stop
	})
	if err != nil && stop == nil {
		return fmt.Errorf("read month %s: %w", m, err)
	}
	return stop
}

func (m *month) scan(ctx context.Context, prefix []byte, each func(row, value []byte) error) error {
	return m.badger.View(func(txn *badger.Txn) error {
		opt := badger.DefaultIteratorOptions
		opt.Prefix = prefix
		opt.PrefetchSize = 16
		it := txn.NewIterator(opt)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			value, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			if err := each(it.Item().KeyCopy(nil), value); err != nil {
				return err
			}
		}
		return nil
	})
}

// Report is what Verify found.
type Report struct {
	Rows    int // listed and as they should be
	Missing int // listed and not there: lost
	Changed int // there with another value
	Torn    int // entries of the manifest itself that are damaged
}

// Verify compares a month with its manifest, row by row. It needs 32 bytes of
// memory a row.
func (d *DB) Verify(ctx context.Context, m schema.Month) (Report, error) {
	got, err := d.month(m, false)
	if err != nil || got == nil {
		return Report{}, err
	}
	listed, torn, err := d.listed(m)
	if err != nil {
		return Report{}, fmt.Errorf("verify month %s: %w", m, err)
	}
	r := Report{Torn: torn}
	err = got.scan(ctx, nil, func(row, value []byte) error {
		e := entryOf(row, value)
		want, ok := listed[e.Row]
		switch {
		case !ok: // not listed: written by a group that a crash ended
		case want == e.Value || want == changingEntry(row).Value:
			r.Rows++
		default:
			r.Changed++
		}
		delete(listed, e.Row)
		return nil
	})
	if err != nil {
		return Report{}, fmt.Errorf("verify month %s: %w", m, err)
	}
	r.Missing = len(listed)
	return r, nil
}

// listed reads a month's manifest: the value hash of each row, the last word
// on it.
func (d *DB) listed(m schema.Month) (map[[16]byte][16]byte, int, error) {
	b, err := os.ReadFile(filepath.Join(d.cfg.Dir, m.String()+manifestExt))
	if err != nil {
		return nil, 0, err
	}
	out := map[[16]byte][16]byte{}
	torn, err := readManifest(bytes.NewReader(b), func(e entry) { out[e.Row] = e.Value })
	return out, torn, err
}

// Size is how much the store holds.
type Size struct {
	Rows  int64 // as the manifests list them
	Bytes int64 // on disk, without the holes of sparse files
}

// Size adds up all months, without opening any.
func (d *DB) Size() (Size, error) {
	var s Size
	err := filepath.Walk(d.cfg.Dir, func(path string, info os.FileInfo, err error) error {
		if errors.Is(err, os.ErrNotExist) {
			return nil // Badger removes files as it goes
		}
		if err != nil || info.IsDir() {
			return err
		}
		s.Bytes += allocated(info)
		if filepath.Ext(path) == manifestExt {
			s.Rows += manifestEntries(info.Size())
		}
		return nil
	})
	if err != nil {
		return Size{}, fmt.Errorf("size of store data: %w", err)
	}
	return s, nil
}
