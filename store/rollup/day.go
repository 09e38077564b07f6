package rollup

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/store/db"
)

// Tuples calls each for every tuple of a day, in the order of their keys.
func Tuples(ctx context.Context, rows Reader, d schema.Day, each func(Tuple, Installations) error) error {
	err := rows.Scan(ctx, d.Month(), db.Installations, d.Bytes(), func(key, value []byte) error {
		t, rest, err := cutTuple(key)
		if err != nil {
			return err
		}
		if len(rest) != 0 {
			return fmt.Errorf("read roll-up key: %w", ErrForm)
		}
		v, err := decode[Installations](value)
		if err != nil {
			return err
		}
		return each(t, v)
	})
	if err != nil {
		return fmt.Errorf("read roll-ups of %s: %w", d, err)
	}
	return nil
}

// Measures calls each for every measure of a day, those of one tuple after one
// another. The tuple is the same one as long as it does not change.
func Measures(ctx context.Context, rows Reader, d schema.Day, each func(*Tuple, MeasureRow) error) error {
	var (
		of     Tuple
		prefix []byte // the key of that tuple
	)
	err := rows.Scan(ctx, d.Month(), db.Measures, d.Bytes(), func(key, value []byte) error {
		if prefix == nil || !bytes.HasPrefix(key, prefix) {
			t, rest, err := cutTuple(key)
			if err != nil {
				return err
			}
			of, prefix = t, key[:len(key)-len(rest)]
		}
		metric, labels, err := parseMeasureKey(key[len(prefix):])
		if err != nil {
			return err
		}
		v, err := decode[Measure](value)
		if err != nil {
			return err
		}
		return each(&of, MeasureRow{Metric: metric, Labels: labels, Measure: v})
	})
	if err != nil {
		return fmt.Errorf("read roll-ups of %s: %w", d, err)
	}
	return nil
}

// cutTuple reads the tuple that begins a key, and returns what follows it.
func cutTuple(b []byte) (t Tuple, rest []byte, err error) {
	if len(b) < 9 || int(b[8]) > codec.MaxFacets {
		return t, nil, fmt.Errorf("read roll-up key: %w", ErrForm)
	}
	t.Day = schema.Day(binary.BigEndian.Uint32(b))
	t.Release = schema.Release(binary.BigEndian.Uint32(b[4:]))
	count, rest := int(b[8]), b[9:]
	for range count {
		var p codec.Pair
		if p.Name, rest, err = cutText(rest); err != nil {
			return t, nil, err
		}
		if p.Value, rest, err = cutText(rest); err != nil {
			return t, nil, err
		}
		t.Facets = append(t.Facets, p)
	}
	return t, rest, nil
}
