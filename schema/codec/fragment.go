package codec

import (
	"cmp"
	"errors"
	"fmt"
	"math"
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
	Day     schema.Day // of the events
	Release schema.Release
	Facets  []Pair // at most MaxFacets, in registered order
	First   First
	Values  []Measure // at most MaxMeasures
}

// Pair is a facet or a label with its value.
type Pair struct {
	Name  string
	Value string
}

// Measure is what one metric, with one set of labels, adds.
type Measure struct {
	Metric  string
	Labels  []Pair   // sorted by name
	Count   uint64   // how many events
	Sum     int64    // of their values; 0 for texts
	Buckets []uint64 // counts by registered bucket, or empty
}

// EncodeFragment returns the fragment's bytes.
func EncodeFragment(f Fragment) ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("encode fragment: %w", err)
	}
	b := appendUint(appendArray(make([]byte, 0, 256), fragmentLen), formPlain)
	b = appendUint(appendUint(b, uint64(f.Day)), uint64(f.Release))
	b = appendUint(appendPairs(b, f.Facets), uint64(f.First))
	b = appendArray(b, len(f.Values))
	for i := range f.Values {
		b = f.Values[i].append(b)
	}
	if len(b) > MaxFragment {
		return nil, fmt.Errorf("encode fragment: %d bytes, at most %d", len(b), MaxFragment)
	}
	if len(b) <= shortFragment {
		return b, nil
	}
	b[1] = formPacked
	return compress(b, []int{len(b)}), nil
}

// shortFragment is the longest fragment that is not compressed: it names nothing
// often enough to gain by it.
const shortFragment = 256

// How many elements the arrays have.
const (
	fragmentLen = 6
	measureLen  = 5
)

func (m *Measure) append(b []byte) []byte {
	b = appendText(appendArray(b, measureLen), m.Metric)
	b = appendPairs(b, m.Labels)
	b = appendInt(appendUint(b, m.Count), m.Sum)
	b = appendArray(b, len(m.Buckets))
	for _, n := range m.Buckets {
		b = appendUint(b, n)
	}
	return b
}

func appendPairs(b []byte, pairs []Pair) []byte {
	b = appendArray(b, len(pairs))
	for i := range pairs {
		b = appendText(appendText(appendArray(b, 2), pairs[i].Name), pairs[i].Value)
	}
	return b
}

// DecodeFragment reads a fragment. It checks the form, not whether the
// registry names what is in it. Errors wrap [ErrForm].
func DecodeFragment(b []byte) (Fragment, error) {
	plain, form := b, uint64(formPlain)
	if compressed(b) {
		var err error
		if plain, err = decompress(nil, b, MaxFragment); err != nil {
			return Fragment{}, fmt.Errorf("decode fragment: %w", err)
		}
		form = formPacked
	}
	if len(plain) > MaxFragment || form == formPacked && len(plain) <= shortFragment {
		return Fragment{}, fmt.Errorf("decode fragment of %d bytes: %w", len(plain), ErrForm)
	}
	r := reader{rest: plain}
	r.tuple(fragmentLen)
	if r.head(majorUint) != form {
		r.bad = true
	}
	f := Fragment{
		Day: schema.Day(r.uint(math.MaxUint32)), Release: schema.Release(r.uint(math.MaxUint32)),
		Facets: r.pairs(MaxFacets), First: First(r.uint(uint64(firstAll))),
	}
	f.Values = make([]Measure, r.array(MaxMeasures))
	for i := range f.Values {
		f.Values[i] = r.measure()
		if r.bad {
			break
		}
	}
	if !r.end() {
		return Fragment{}, fmt.Errorf("decode fragment: %w", ErrForm)
	}
	return f, nil
}

func (r *reader) measure() Measure {
	r.tuple(measureLen)
	m := Measure{
		Metric: string(r.text(MaxTextLen)), Labels: r.pairs(MaxLabels),
		Count: r.uint(math.MaxUint64), Sum: r.int(),
	}
	m.Buckets = make([]uint64, r.array(MaxBuckets))
	for i := range m.Buckets {
		m.Buckets[i] = r.uint(math.MaxUint64)
	}
	return m
}

func (r *reader) pairs(most int) []Pair {
	out := make([]Pair, r.array(most))
	for i := range out {
		r.tuple(2)
		out[i] = Pair{Name: string(r.text(MaxTextLen)), Value: string(r.text(MaxTextLen))}
	}
	return out
}

func (f *Fragment) check() error {
	switch {
	case len(f.Facets) > MaxFacets:
		return fmt.Errorf("%d facets, at most %d", len(f.Facets), MaxFacets)
	case len(f.Values) > MaxMeasures:
		return fmt.Errorf("%d measures, at most %d", len(f.Values), MaxMeasures)
	case f.First&^firstAll != 0:
		return errors.New("unknown first bits")
	}
	if err := checkPairs(f.Facets); err != nil {
		return err
	}
	for i := range f.Values {
		m := &f.Values[i]
		switch {
		case len(m.Labels) > MaxLabels:
			return fmt.Errorf("%d labels, at most %d", len(m.Labels), MaxLabels)
		case len(m.Buckets) > MaxBuckets:
			return fmt.Errorf("%d buckets, at most %d", len(m.Buckets), MaxBuckets)
		}
		if err := cmp.Or(checkPair(m.Metric, ""), checkPairs(m.Labels)); err != nil {
			return err
		}
	}
	return nil
}

func checkPairs(ps []Pair) error {
	for i := range ps {
		if err := checkPair(ps[i].Name, ps[i].Value); err != nil {
			return err
		}
	}
	return nil
}

func checkPair(name, value string) error {
	if len(name) > MaxTextLen || len(value) > MaxTextLen {
		return fmt.Errorf("a text of %d bytes, at most %d", max(len(name), len(value)), MaxTextLen)
	}
	if !utf8.ValidString(name) || !utf8.ValidString(value) {
		return errUTF8
	}
	return nil
}
