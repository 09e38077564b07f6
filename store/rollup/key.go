package rollup

import (
	"encoding/binary"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/store/db"
)

// Tuple names a set of sums: the facet values of one day, under one release of
// the registry.
type Tuple struct {
	Day     schema.Day
	Release schema.Release
	Facets  []codec.Pair // in registered order
}

// key returns the tuple's key, which begins the keys of all its rows.
func (t *Tuple) key() []byte {
	b := append(t.Day.Bytes(), 0, 0, 0, 0)
	binary.BigEndian.PutUint32(b[4:], uint32(t.Release))
	return appendPairs(b, t.Facets)
}

// measureKey returns the key of one measure's row.
func measureKey(tuple []byte, metric string, labels []codec.Pair) []byte {
	b := append(make([]byte, 0, len(tuple)+64), tuple...)
	return appendPairs(appendText(b, metric), labels)
}

func appendPairs(b []byte, pairs []codec.Pair) []byte {
	b = append(b, byte(len(pairs)))
	for _, p := range pairs {
		b = appendText(appendText(b, p.Name), p.Value)
	}
	return b
}

func appendText(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint16(b, uint16(len(s))), s...)
}

// parseMeasureKey reads what follows the tuple in a measure's key.
func parseMeasureKey(b []byte) (metric string, labels []codec.Pair, err error) {
	metric, b, err = cutText(b)
	if err != nil {
		return "", nil, err
	}
	if len(b) == 0 || int(b[0]) > codec.MaxLabels {
		return "", nil, fmt.Errorf("read roll-up key: %w", ErrForm)
	}
	count, b := int(b[0]), b[1:]
	for range count {
		var p codec.Pair
		if p.Name, b, err = cutText(b); err != nil {
			return "", nil, err
		}
		if p.Value, b, err = cutText(b); err != nil {
			return "", nil, err
		}
		labels = append(labels, p)
	}
	if len(b) != 0 {
		return "", nil, fmt.Errorf("read roll-up key: %w", ErrForm)
	}
	return metric, labels, nil
}

func cutText(b []byte) (string, []byte, error) {
	if len(b) < 2 || len(b)-2 < int(binary.BigEndian.Uint16(b)) {
		return "", nil, fmt.Errorf("read roll-up key: %w", ErrForm)
	}
	n := 2 + int(binary.BigEndian.Uint16(b))
	return string(b[2:n]), b[n:], nil
}

// fits says whether the key is short enough to be kept.
func fits(key []byte) error {
	if len(key) > db.MaxKeyLen {
		return fmt.Errorf("roll-up key of %d bytes: %w", len(key), ErrForm)
	}
	return nil
}
