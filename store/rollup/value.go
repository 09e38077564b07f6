package rollup

import (
	"fmt"
	"math"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/schema/codec"
)

// form is the first element of both values.
const form = 1

var (
	encMode = must(cbor.CoreDetEncOptions().EncMode())
	decMode = must(cbor.DecOptions{
		MaxArrayElements: 2 * codec.MaxBuckets,
		MaxNestedLevels:  4, // the least that the library allows
		MaxMapPairs:      16,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
	}.DecMode())
)

// must panics when fixed options are not accepted: our own mistake, found by
// the first test that runs.
func must[T any](v T, err error) T {
	if err != nil {
		panic("rollup: internal error: " + err.Error())
	}
	return v
}

// Measure is what one metric, with one set of labels, adds up to.
type Measure struct {
	_       struct{} `cbor:",toarray"`
	Form    uint8
	Count   uint64   // of events
	Sum     int64    // of their values, in the metric's unit; never negative
	Buckets []uint64 // counts by registered bucket; at most codec.MaxBuckets, or empty
}

// Installations says how many installations sent a fragment of a tuple on a
// day, and for how many it was their first of a longer time.
type Installations struct {
	_     struct{} `cbor:",toarray"`
	Form  uint8
	Today uint64
	Week  uint64 // ISO week
	Month uint64
	Ever  uint64
}

func (m Measure) check() error {
	if m.Form != form || m.Sum < 0 || len(m.Buckets) > codec.MaxBuckets {
		return fmt.Errorf("measure: %w", ErrForm)
	}
	return nil
}

func (i Installations) check() error {
	if i.Form != form {
		return fmt.Errorf("installations: %w", ErrForm)
	}
	return nil
}

// plus adds two measures.
func (m Measure) plus(o Measure) Measure {
	m.Count = add(m.Count, o.Count)
	m.Sum = int64(min(uint64(m.Sum)+uint64(o.Sum), math.MaxInt64)) // two of them never wrap
	long, short := m.Buckets, o.Buckets
	if len(long) < len(short) {
		long, short = short, long
	}
	sum := make([]uint64, len(long))
	copy(sum, long)
	for i, n := range short {
		sum[i] = add(sum[i], n)
	}
	m.Buckets = sum
	return m
}

// plus adds two counts of installations.
func (i Installations) plus(o Installations) Installations {
	i.Today, i.Week = add(i.Today, o.Today), add(i.Week, o.Week)
	i.Month, i.Ever = add(i.Month, o.Month), add(i.Ever, o.Ever)
	return i
}

// add stops at the greatest number.
func add(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}

// value is what both kinds of values can do.
type value[T any] interface {
	check() error
	plus(T) T
}

// encode returns a value's bytes.
func encode[T value[T]](v T) []byte {
	return must(encMode.Marshal(v)) // numbers and arrays of them always encode
}

// decode reads a value. Errors wrap ErrForm.
func decode[T value[T]](b []byte) (T, error) {
	var v T
	if err := decMode.Unmarshal(b, &v); err != nil {
		return v, fmt.Errorf("decode roll-up: %w", ErrForm)
	}
	if err := v.check(); err != nil {
		return v, fmt.Errorf("decode roll-up: %w", err)
	}
	return v, nil
}

// merge is the db.Merge of rows with values of type T.
func merge[T value[T]](old, added []byte) ([]byte, error) {
	if old == nil {
		return added, nil
	}
	a, err := decode[T](old)
	if err != nil {
		return nil, err
	}
	b, err := decode[T](added)
	if err != nil {
		return nil, err
	}
	return encode(a.plus(b)), nil
}
