package pages

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

// Rows is what erasing needs of the rows: [db.DB] has it.
type Rows interface {
	Reader
	// Delete removes rows for good, and returns when that is on disk.
	Delete(ctx context.Context, m schema.Month, t db.Table, keys [][]byte) error
}

// Replay erases from rows what the ledger has got since a mark, the zero mark
// for all of it, and returns how many pages there were. It reads every page of
// the months concerned, and goes on past one that cannot be read, which is an
// error. Months whose keys are gone have no pages.
func (l *Ledger) Replay(ctx context.Context, rows Rows, since Mark) (erased int, err error) {
	for _, m := range l.monthsSince(since.Frames) {
		n, failed := l.replayMonth(ctx, rows, m)
		erased += n
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("erase again from month %s: %w", m, failed))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return erased, err
}

// monthsSince returns the months of the frames after that many.
func (l *Ledger) monthsSince(frames uint64) []schema.Month {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var out []schema.Month
	for _, m := range slices.Sorted(maps.Keys(l.months)) {
		if l.months[m].last > frames {
			out = append(out, m)
		}
	}
	return out
}

// Buries says whether the page that a row of month m keeps was erased. A row that
// is damaged does not say which page it keeps.
func (l *Ledger) Buries(keys db.MonthKeys, m schema.Month, key, value []byte) bool {
	p, ok := outside(keys, key, value)
	return ok && l.Has(m, tombstone([16]byte(key), p.Witness))
}

func (l *Ledger) replayMonth(ctx context.Context, rows Rows, m schema.Month) (int, error) {
	keys, err := rows.Keys(m)
	if errors.Is(err, db.ErrForgotten) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var gone [][]byte
	err = rows.Scan(ctx, m, db.Pages, nil, func(key, value []byte) error {
		if l.Buries(keys, m, key, value) {
			gone = append(gone, key)
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	return len(gone), remove(ctx, rows, m, gone)
}

// remove deletes rows of pages and, before them, the rows that know their
// batches: what was erased leaves nothing that could be counted, and a late
// replay of it is answered by its tombstone. A crash in between leaves the
// pages, for the next try.
func remove(ctx context.Context, rows Rows, m schema.Month, gone [][]byte) error {
	if len(gone) == 0 {
		return nil
	}
	batches := make([][]byte, len(gone))
	for i, key := range gone {
		batches[i] = BatchKey(key)
	}
	if err := rows.Delete(ctx, m, db.PageBatches, batches); err != nil {
		return err
	}
	return rows.Delete(ctx, m, db.Pages, gone)
}
