package rollup

import (
	"bytes"
	"context"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/store/db"
)

// Reader scans rows: [db.DB] does.
type Reader interface {
	Scan(ctx context.Context, m schema.Month, t db.Table, prefix []byte, each func(key, value []byte) error) error
}

var _ Reader = (*db.DB)(nil)

// Sums is what is kept of one tuple.
type Sums struct {
	Installations Installations
	Measures      []MeasureRow // in the order of their keys
}

// MeasureRow is one measure with its name.
type MeasureRow struct {
	Metric string
	Labels []codec.Pair
	Measure
}

// Read returns the sums of one tuple; zeros when nothing was folded.
func Read(ctx context.Context, rows Reader, t Tuple) (Sums, error) {
	s := Sums{Installations: Installations{Form: form}}
	tuple := t.key()
	m := t.Day.Month()
	err := rows.Scan(ctx, m, db.Installations, tuple, func(key, value []byte) (err error) {
		if bytes.Equal(key, tuple) {
			s.Installations, err = decode[Installations](value)
		}
		return err
	})
	if err != nil {
		return Sums{}, fmt.Errorf("read roll-up of %s: %w", t.Day, err)
	}
	err = rows.Scan(ctx, m, db.Measures, tuple, func(key, value []byte) error {
		metric, labels, err := parseMeasureKey(key[len(tuple):])
		if err != nil {
			return err
		}
		v, err := decode[Measure](value)
		s.Measures = append(s.Measures, MeasureRow{Metric: metric, Labels: labels, Measure: v})
		return err
	})
	if err != nil {
		return Sums{}, fmt.Errorf("read roll-up of %s: %w", t.Day, err)
	}
	return s, nil
}
