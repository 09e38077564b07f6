package db

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

// Bounds of one transaction, well below the 15 % of a memtable that Badger
// takes (5,033,164 bytes of pages, 1,258,291 of sums). A fragment of most measures
// (codec.MaxMeasures), with keys and sums of most bytes, takes 870,000.
const (
	maxPagesBytes = 4 << 20
	maxQuietBytes = 500 << 10 // pages of a month that gets hardly any more: of 629,145
	maxSumsBytes  = 900 << 10
	maxTxnRows    = 4096
	rowOverhead   = 32           // more than Badger's own
	countOverhead = 1 + entryLen // what a row adds to the row that counts
	maxOwed       = 128 << 10    // bytes of entries in the row that counts, of earlier transactions
)

// stage gathers the rows of one transaction.
type stage struct {
	half *half
	max  int
	rows map[string]staged
	size int // that Badger counts, as the rows are written: a sum may be much longer than what is added to it

	batch map[string]staged // rows of the batch in hand, kept for its memory
}

// staged is a row's value, and what was there before.
type staged struct {
	value, old []byte
	there      bool // old was there, and is listed
	changes    bool
}

func (r *staged) size(key string) int {
	return len(key) + len(r.value) + rowOverhead + countOverhead
}

func newStage(h *half) *stage {
	s := &stage{half: h, max: maxPagesBytes, rows: map[string]staged{}, batch: map[string]staged{}}
	switch {
	case h.kind == SumsHalf:
		s.max = maxSumsBytes
	case h.quiet:
		s.max = maxQuietBytes
	}
	return s
}

// take adds a batch, after writing the transaction that it would not fit.
func (s *stage) take(ctx context.Context, b Batch) error {
	for i := range b {
		if len(b[i].Key) > MaxKeyLen || len(b[i].Value) > MaxValueLen {
			return fmt.Errorf("a key of %d bytes, a value of %d: %w", len(b[i].Key), len(b[i].Value), ErrTooBig)
		}
	}
	size, err := s.join(b)
	if err == nil && len(s.rows) > 0 && s.exceeds(size, len(b)) {
		if err := s.write(ctx); err != nil {
			return err
		}
		size, err = s.join(b)
	}
	if err != nil {
		return err
	}
	if s.exceeds(size, len(b)) {
		return fmt.Errorf("%d rows of %d bytes: %w", len(b), size, ErrTooBig)
	}
	maps.Copy(s.rows, s.batch)
	s.size += size
	return nil
}

// exceeds says whether a batch of that size and number of rows is too much
// beside what is staged.
func (s *stage) exceeds(size, rows int) bool {
	return s.size+size > s.max || len(s.rows)+rows > maxTxnRows
}

// join merges a batch with what is staged and on disk. It returns by how much that
// makes the transaction longer.
func (s *stage) join(b Batch) (size int, err error) {
	clear(s.batch)
	for i := range b {
		key := string(b[i].bytes())
		row, ok := s.batch[key]
		if !ok {
			row, ok = s.rows[key]
		}
		if ok {
			size -= row.size(key)
		} else if row.changes = b[i].Table.changes(); row.changes {
			if row.old, row.there, err = s.half.get([]byte(key)); err != nil {
				return 0, fmt.Errorf("read what is merged with: %w", err)
			}
			row.value = row.old
		}
		if row.value, err = b[i].mergedWith(row.value); err != nil {
			return 0, fmt.Errorf("merge a row of table %q: %w", byte(b[i].Table), err)
		}
		size += row.size(key)
		s.batch[key] = row
	}
	return size, nil
}

// mergedWith returns what the row's value is when old is there, nil for nothing.
func (r *Row) mergedWith(old []byte) ([]byte, error) {
	if r.Merge == nil {
		return r.Value, nil
	}
	return r.Merge(old, r.Value)
}

// write commits what is staged in one transaction, and leaves its entries owed
// to the manifest.
func (s *stage) write(ctx context.Context) error {
	if err := ctx.Err(); err != nil || len(s.rows) == 0 {
		return err
	}
	if len(s.half.manifest.owes()) > maxOwed {
		if err := s.half.manifest.flush(); err != nil {
			return err
		}
	}
	txn := s.half.update()
	defer txn.Discard()
	count := s.half.count
	entries := make([]entry, 0, len(s.rows))
	for key, row := range s.rows {
		if err := txn.SetEntry(badger.NewEntry([]byte(key), row.value)); err != nil {
			return fmt.Errorf("write: %w", err)
		}
		entries = row.list(entries, key)
		count.digest = row.sum(count.digest, key)
	}
	added := appendSorted(nil, entries)
	count.count = s.half.manifest.listed() + uint64(len(entries))
	count.owed = append(s.half.manifest.owes(), added...)
	if err := txn.SetEntry(badger.NewEntry(countRow, count.bytes())); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := s.half.end(txn, rowVersion); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	s.half.count = count
	s.half.written.Add(uint64(s.size))
	s.half.manifest.owe(added)
	s.rows, s.size = map[string]staged{}, 0
	return nil
}

// list adds the entry of a row that is not listed yet.
func (r *staged) list(entries []entry, key string) []entry {
	switch {
	case !r.changes:
		return append(entries, entryOf([]byte(key), r.value))
	case !r.there:
		return append(entries, entry{Row: nameOf([]byte(key)), Say: sayChanges})
	}
	return entries
}

// sum puts the new value in the old one's place in the digest.
func (r *staged) sum(d digest, key string) digest {
	if !r.changes {
		return d
	}
	if r.there {
		d = d.minus(hashOf([]byte(key), r.old))
	}
	return d.plus(hashOf([]byte(key), r.value))
}

// appendSorted appends entries in order of their names, which says nothing
// about the order of rows.
func appendSorted(b []byte, entries []entry) []byte {
	slices.SortFunc(entries, func(a, b entry) int { return slices.Compare(a.Row[:], b.Row[:]) })
	for _, e := range entries {
		b = e.append(b)
	}
	return b
}
