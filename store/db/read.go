package db

import (
	"bytes"
	"context"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"github.com/tacit-telemetry/tacit/schema"
)

// scanRows is how many rows Scan holds in memory at a time.
const scanRows = 32

// Get returns the value of a row, or false when there is none. It never makes
// a month.
func (d *DB) Get(m schema.Month, t Table, key []byte) ([]byte, bool, error) {
	h, done, err := d.use(m, t.Half(), false)
	if err != nil || h == nil {
		return nil, false, err
	}
	defer done()
	value, ok, err := h.get(rowKey(t, key))
	if err != nil {
		return nil, false, fmt.Errorf("read %s of month %s: %w", h.kind, m, err)
	}
	return value, ok, nil
}

// Scan calls each for the rows of a table whose keys begin with prefix, in
// order of keys, until it returns an error, which Scan returns as it is. Key
// and value are the callee's own; the key is without the table byte. Of what is
// committed or deleted meanwhile it may see a part.
func (d *DB) Scan(ctx context.Context, m schema.Month, t Table, prefix []byte, each func(key, value []byte) error) error {
	h, done, err := d.use(m, t.Half(), false)
	if err != nil || h == nil {
		return err
	}
	defer done()
	for from := rowKey(t, prefix); from != nil; {
		rows := make([]Whole, 0, scanRows)
		err := h.view(func(txn *badger.Txn) error {
			var err error
			from, err = chunk(ctx, txn, rowKey(t, prefix), from, scanRows, func(row, value []byte) error {
				rows = append(rows, Whole{bytes.Clone(row), bytes.Clone(value)})
				return nil
			})
			return err
		})
		if err != nil {
			return fmt.Errorf("read %s of month %s: %w", h.kind, m, err)
		}
		for _, r := range rows {
			if err := each(r.Key[1:], r.Value); err != nil {
				return err
			}
		}
	}
	return nil
}
