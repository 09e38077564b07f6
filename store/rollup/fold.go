package rollup

import (
	"fmt"

	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/store/db"
)

// Fold returns what a fragment adds to the rows of its day's month. The
// fragment was checked against the registry. Errors wrap [ErrForm].
func Fold(f *codec.Fragment) ([]db.Row, error) {
	t := Tuple{Day: f.Day, Release: f.Release, Facets: f.Facets}
	tuple := t.key()
	if err := fits(tuple); err != nil {
		return nil, err
	}
	rows := make([]db.Row, 0, 1+len(f.Values))
	rows = append(rows, db.Row{
		Table: db.Installations, Key: tuple,
		Value: encode(firsts(f.First)), Merge: merge[Installations],
	})
	for i := range f.Values {
		v := &f.Values[i]
		key := measureKey(tuple, v.Metric, v.Labels)
		if err := fits(key); err != nil {
			return nil, err
		}
		m := Measure{Form: form, Count: v.Count, Sum: v.Sum, Buckets: append([]uint64{}, v.Buckets...)}
		if err := m.check(); err != nil {
			return nil, fmt.Errorf("fold fragment: %w", err)
		}
		rows = append(rows, db.Row{Table: db.Measures, Key: key, Value: encode(m), Merge: merge[Measure]})
	}
	return rows, nil
}

// firsts counts one installation's first bits.
func firsts(f codec.First) Installations {
	one := func(bit codec.First) uint64 {
		if f&bit != 0 {
			return 1
		}
		return 0
	}
	return Installations{
		Form:  form,
		Today: one(codec.FirstToday), Week: one(codec.FirstThisWeek),
		Month: one(codec.FirstThisMonth), Ever: one(codec.FirstEver),
	}
}
