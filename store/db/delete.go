package db

import (
	"context"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
)

// deleteRows is how many rows are deleted in one transaction.
const deleteRows = 1024

// Delete deletes rows for good and returns when that is on disk and the
// manifest says so. Rows that are not there are no error. A key of the pages
// half that was deleted takes no row again: those keys hold a random batch ID.
//
// What lay in a row, and nothing reads any more, stays in Badger's tables until
// they are merged: at the latest when the half was not used for [idleTime]. Rows of [Measures] and [Installations] cannot be
// deleted.
func (d *DB) Delete(ctx context.Context, m schema.Month, t Table, keys [][]byte) error {
	if t.changes() || t.Half() == 0 {
		return fmt.Errorf("delete from month %s: rows of table %q stay", m, byte(t))
	}
	d.writer.Lock()
	defer d.writer.Unlock()
	h, done, err := d.use(m, t.Half(), false)
	if err != nil || h == nil {
		return err
	}
	defer done()
	if h.readOnly {
		return fmt.Errorf("delete from %s of month %s: %w", h.kind, m, ErrFull)
	}
	for len(keys) > 0 {
		n := min(deleteRows, len(keys))
		if err := h.delete(ctx, t, keys[:n]); err != nil {
			return fmt.Errorf("delete from %s of month %s: %w", h.kind, m, err)
		}
		keys = keys[n:]
	}
	return nil
}

// delete has the manifest say first that the rows are gone: a crash in between
// then leaves rows that are not listed, and who deletes them again is done,
// instead of rows that seem lost.
func (h *half) delete(ctx context.Context, t Table, keys [][]byte) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	txn := h.update()
	defer txn.Discard()
	entries := make([]entry, 0, len(keys))
	for _, key := range keys {
		row := rowKey(t, key)
		if err := txn.Delete(row); err != nil {
			return err
		}
		entries = append(entries, entry{Row: nameOf(row), Say: sayGone})
	}
	h.manifest.owe(appendSorted(nil, entries))
	if err := h.manifest.flush(); err != nil {
		return err
	}
	h.deleted = true
	return h.end(txn, deletedVersion)
}
