package db

import (
	"context"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
)

// Dump calls each for all rows of a half, in order of keys, each with its table
// byte; key and value are each's only until it returns. When its error is nil
// the rows were what the manifest lists, all of them, including what was
// committed before Dump began; else it wraps [ErrDamaged], is the context's, or
// each's own, and what each got is not all.
func (d *DB) Dump(ctx context.Context, m schema.Month, kind Half, each func(key, value []byte) error) error {
	h, done, err := d.use(m, kind, false)
	if err != nil || h == nil {
		return err
	}
	defer done()
	var stop error
	found, err := d.compare(ctx, h, newMeter(nil), func(row, value []byte) error {
		stop = each(row, value)
		return stop
	})
	switch {
	case stop != nil:
		return stop
	case err != nil:
		return fmt.Errorf("dump %s of month %s: %w", kind, m, err)
	case !found.sound():
		return fmt.Errorf("dump %s of month %s: %d rows are missing, %d changed, %d not listed, %d entries torn: %w",
			kind, m, found.Missing, found.Changed, found.Unlisted, found.Torn, ErrDamaged)
	}
	return nil
}

// Load writes rows as Dump gave them, into a store that nobody else uses. Rows
// that are there are replaced. It returns when they are on disk and listed.
func (d *DB) Load(ctx context.Context, m schema.Month, rows []Whole) error {
	d.writer.Lock()
	defer d.writer.Unlock()
	batches := make([]Batch, len(rows))
	for i, r := range rows {
		if len(r.Key) == 0 {
			return fmt.Errorf("load into month %s: a row without a key", m)
		}
		batches[i] = Batch{{Table: Table(r.Key[0]), Key: r.Key[1:], Value: r.Value}}
	}
	parts, err := split(batches)
	if err == nil {
		err = d.write(ctx, m, parts)
	}
	if err != nil {
		return fmt.Errorf("load into month %s: %w", m, err)
	}
	return nil
}
