package db

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Bounds of one transaction, well below the 15 % of a memtable that Badger
// takes (1,258,291 bytes of keys and values with its own).
const (
	maxTxnBytes = 900 << 10
	maxTxnRows  = 4096
	rowOverhead = 32 // Badger's own, and what a merge may add to a value
)

// MaxKeyLen is the longest row key, in bytes. Badger ends at 65,000.
const MaxKeyLen = 1 << 10

// Commit writes a group and returns when it is on disk and listed in the
// manifest. A group that is too large for one transaction is split between
// batches, never within one. A group without batches makes sure that earlier
// ones are listed.
//
// Errors wrap [ErrFull] and [ErrTooBig], and name the month. After an error any
// whole batches of the group may be on disk: commit it again, without those
// that are (the batch rows tell).
func (d *DB) Commit(ctx context.Context, g Group) error {
	d.writer.Lock()
	defer d.writer.Unlock()
	writes := len(g.Batches) > 0
	if writes {
		if err := d.room(d.cfg.Headroom); err != nil {
			return fmt.Errorf("commit to month %s: %w", g.Month, err)
		}
	}
	m, err := d.month(g.Month, writes)
	if err != nil || m == nil {
		return err
	}
	if err := m.commit(ctx, g.Batches); err != nil {
		return fmt.Errorf("commit to month %s: %w", g.Month, err)
	}
	return nil
}

func (m *month) commit(ctx context.Context, batches []Batch) error {
	s := stage{month: m, rows: map[string]staged{}}
	for _, b := range batches {
		if err := s.take(ctx, b); err != nil {
			return err
		}
	}
	if err := s.write(ctx); err != nil {
		return err
	}
	return m.manifest.flush()
}

// stage gathers the rows of one transaction.
type stage struct {
	month *month
	rows  map[string]staged
	size  int
}

// staged is a row's value, and what the manifest will say of it.
type staged struct {
	value  []byte
	merged bool // the value changes over time
	listed bool // the manifest has it already
}

// take adds a batch, after writing the transaction that it would not fit.
func (s *stage) take(ctx context.Context, b Batch) error {
	size := 0
	for i := range b {
		if len(b[i].Key) > MaxKeyLen {
			return fmt.Errorf("a key of %d bytes: %w", len(b[i].Key), ErrTooBig)
		}
		size += 1 + len(b[i].Key) + len(b[i].Value) + rowOverhead
	}
	if size > maxTxnBytes || len(b) > maxTxnRows {
		return fmt.Errorf("%d rows of %d bytes: %w", len(b), size, ErrTooBig)
	}
	if s.size+size > maxTxnBytes || len(s.rows)+len(b) > maxTxnRows {
		if err := s.write(ctx); err != nil {
			return err
		}
	}
	s.size += size
	for i := range b {
		if err := s.put(&b[i]); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) put(r *Row) error {
	key := r.bytes()
	if r.Merge == nil {
		s.rows[string(key)] = staged{value: r.Value}
		return nil
	}
	old, ok := s.rows[string(key)]
	if !ok {
		value, there, err := s.month.get(key)
		if err != nil {
			return fmt.Errorf("read what is merged with: %w", err)
		}
		old = staged{value: value, listed: there}
	}
	value, err := r.Merge(old.value, r.Value)
	if err != nil {
		return fmt.Errorf("merge a row of table %q: %w", r.Table, err)
	}
	s.rows[string(key)] = staged{value: value, merged: true, listed: old.listed}
	return nil
}

// write commits what is staged, in order of keys, in one transaction, and
// leaves its entries owed to the manifest.
func (s *stage) write(ctx context.Context) error {
	if err := ctx.Err(); err != nil || len(s.rows) == 0 {
		return err
	}
	entries := make([]entry, 0, len(s.rows))
	keys := slices.Sorted(maps.Keys(s.rows)) // by bytes, as Badger sorts
	txn := s.month.badger.NewTransaction(true)
	defer txn.Discard()
	for _, key := range keys {
		row := s.rows[key]
		if err := txn.SetEntry(badger.NewEntry([]byte(key), row.value)); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		if !row.listed {
			entries = append(entries, row.entry(key))
		}
	}
	count := uint64(s.month.manifest.entries()) + uint64(len(entries))
	if err := txn.Set(countRow, binary.BigEndian.AppendUint64(nil, count)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := txn.Commit(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	s.month.manifest.owe(entries)
	s.rows, s.size = map[string]staged{}, 0
	return nil
}

func (r *staged) entry(key string) entry {
	if r.merged {
		return changingEntry([]byte(key))
	}
	return entryOf([]byte(key), r.value)
}
