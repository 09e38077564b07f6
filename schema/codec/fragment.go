package codec

import (
	"fmt"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
)

// First says which "first" a fragment is of its installation, for its facet
// tuple: the bits are kept and set on the host, so that active, new and
// returning installations can be counted without an ID.
type First uint8

// The bits. An installation sets each at most once a day, ISO week, calendar
// month, and ever, in UTC.
const (
	FirstToday     First = 1 << 0
	FirstThisWeek  First = 1 << 1
	FirstThisMonth First = 1 << 2
	FirstEver      First = 1 << 3
	firstAll             = FirstToday | FirstThisWeek | FirstThisMonth | FirstEver
)

// Fragment is one host's contribution to the roll-ups of one facet tuple on
// one day. It is a delta: several of one day add up. It holds no ID, tag,
// writer, hash or time.
type Fragment struct {
	_       struct{} `cbor:",toarray"`
	Form    uint8
	Day     schema.Day // of the events
	Release schema.Release
	Facets  []Pair // at most MaxFacets, in registered order
	First   First
	Values  []Measure // at most MaxMeasures
}

// Pair is a facet or a label with its value.
type Pair struct {
	_     struct{} `cbor:",toarray"`
	Name  string
	Value string
}

// Measure is what one metric, with one set of labels, adds.
type Measure struct {
	_       struct{} `cbor:",toarray"`
	Metric  string
	Labels  []Pair   // sorted by name
	Count   uint64   // how many events
	Sum     int64    // of their values; 0 for texts
	Buckets []uint64 // counts by registered bucket, or empty
}

// EncodeFragment returns the fragment's bytes. It sets Form.
func EncodeFragment(f Fragment) ([]byte, error) {
	f.Form = form
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("encode fragment: %w", err)
	}
	b, err := encMode.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode fragment: %w", err)
	}
	return b, nil
}

// DecodeFragment reads a fragment. It checks the form, not whether the
// registry names what is in it. Errors wrap [ErrForm].
func DecodeFragment(b []byte) (Fragment, error) {
	var f Fragment
	if err := unmarshal(b, &f); err != nil {
		return Fragment{}, fmt.Errorf("decode fragment: %w", err)
	}
	if err := f.check(); err != nil {
		return Fragment{}, fmt.Errorf("decode fragment: %w", err)
	}
	return f, nil
}

func (f *Fragment) check() error {
	switch {
	case f.Form != form:
		return fmt.Errorf("%w: form %d, want %d", ErrForm, f.Form, form)
	case len(f.Facets) > MaxFacets:
		return fmt.Errorf("%w: %d facets, at most %d", ErrForm, len(f.Facets), MaxFacets)
	case len(f.Values) > MaxMeasures:
		return fmt.Errorf("%w: %d measures, at most %d", ErrForm, len(f.Values), MaxMeasures)
	case f.First&^firstAll != 0:
		return fmt.Errorf("%w: unknown first bits", ErrForm)
	}
	if err := checkPairs(f.Facets); err != nil {
		return err
	}
	for i := range f.Values {
		m := &f.Values[i]
		switch {
		case len(m.Labels) > MaxLabels:
			return fmt.Errorf("%w: %d labels, at most %d", ErrForm, len(m.Labels), MaxLabels)
		case len(m.Buckets) > MaxBuckets:
			return fmt.Errorf("%w: %d buckets, at most %d", ErrForm, len(m.Buckets), MaxBuckets)
		case !utf8.ValidString(m.Metric):
			return fmt.Errorf("%w: %w", ErrForm, errUTF8)
		case len(m.Metric) > MaxTextLen:
			return fmt.Errorf("%w: a text of %d bytes, at most %d", ErrForm, len(m.Metric), MaxTextLen)
		}
		if err := checkPairs(m.Labels); err != nil {
			return err
		}
	}
	return nil
}

func checkPairs(ps []Pair) error {
	for _, p := range ps {
		if len(p.Name) > MaxTextLen || len(p.Value) > MaxTextLen {
			return fmt.Errorf("%w: a text above %d bytes", ErrForm, MaxTextLen)
		}
		if !utf8.ValidString(p.Name) || !utf8.ValidString(p.Value) {
			return fmt.Errorf("%w: %w", ErrForm, errUTF8)
		}
	}
	return nil
}
