package codec

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"github.com/tacit-telemetry/tacit/schema"
)

// The library that knows all of CBOR is the witness for the few types that are
// written by hand here.
var (
	witnessDecode = must(cbor.DecOptions{
		DupMapKey: cbor.DupMapKeyEnforcedAPF, MaxArrayElements: 1 << 16, MaxNestedLevels: 8, MaxMapPairs: 16,
		IndefLength: cbor.IndefLengthForbidden, TagsMd: cbor.TagsForbidden, UTF8: cbor.UTF8RejectInvalid,
		IntDec: cbor.IntDecConvertNone,
	}.DecMode())
	witnessEncode = must(cbor.CoreDetEncOptions().EncMode())
)

// canonical says whether b is one item in core deterministic encoding.
func canonical(b []byte) bool {
	var v any
	if witnessDecode.Unmarshal(b, &v) != nil {
		return false
	}
	again, err := witnessEncode.Marshal(v)
	return err == nil && bytes.Equal(again, b)
}

var (
	oneRecord = schema.Record{
		Time: 1_763_700_000, Product: schema.Product{Name: "tacit", Version: "1.0.0"}, Metric: "tacit.operation.duration",
		Value: schema.Number(-70_000), Labels: []schema.Label{{Name: "operation", Value: "spool"}},
	}
	onePage = Page{
		Batch: schema.BatchID{1}, Writer: schema.Writer{2}, Release: 300, Policy: 1 << 40,
		Records: []schema.Record{oneRecord, {Time: 5, Metric: "m", Value: schema.Text("x")}, oneRecord},
	}
	oneFragment = Fragment{
		Day: 20_778, Release: 1, First: FirstToday, Facets: []Pair{{Name: "os.type", Value: "linux"}},
		Values: []Measure{{Metric: "m", Labels: []Pair{{Name: "l", Value: "v"}}, Count: 1 << 33, Sum: 24, Buckets: []uint64{0, 23, 24, 255, 256, 65_535, 65_536}}},
	}
	countedRecord = counted(oneRecord, 70_000)
	countedPage   = Page{
		Batch: schema.BatchID{1}, Writer: schema.Writer{2}, Release: 300, Policy: 1 << 40,
		Records: []schema.Record{countedRecord, {Time: 5, Metric: "m", Value: schema.Text("x")}, counted(oneRecord, schema.MaxCount)},
	}
)

// counted returns the record of n such events.
func counted(r schema.Record, n uint32) schema.Record {
	r.Count = n
	return r
}

func encoded[T any](t testing.TB, encode func(T) ([]byte, error), v T) []byte {
	t.Helper()
	b, err := encode(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// decoders are those of the plain forms, a page before its compression.
var decoders = map[string]func(b []byte) error{
	"record":     func(b []byte) error { _, err := DecodeRecord(b); return err },
	"record 2":   func(b []byte) error { _, err := DecodeRecord(b); return err },
	"fragment":   func(b []byte) error { _, err := DecodeFragment(b); return err },
	"fragment 2": func(b []byte) error { _, err := DecodeFragment(packed(b)); return err },
	"page":       func(b []byte) error { _, err := DecodePage(packed(b)); return err },
	"page 2":     func(b []byte) error { _, err := DecodePage(packed(b)); return err },
}

// longFragment is written as form 2.
func longFragment() Fragment {
	f := Fragment{Day: 20_778, Release: 3, First: FirstToday, Facets: []Pair{{Name: "service.version", Value: "5.2.1"}, {Name: "os.type", Value: "linux"}}}
	for i, route := range []string{"/search", "/items", "/items/{id}", "/export", "/sync"} {
		f.Values = append(f.Values, Measure{
			Metric: "http.server.request.duration", Labels: []Pair{{Name: "http.request.method", Value: "GET"}, {Name: "http.route", Value: route}},
			Count: uint64(i) * 300, Sum: int64(i) * -70_000, Buckets: []uint64{0, uint64(i) * 300, 0},
		})
	}
	f.Values[1].Labels, f.Values[2].Buckets = []Pair{}, []uint64{}
	return f
}

// packed is one part, compressed.
func packed(plain []byte) []byte { return compress(plain, []int{len(plain)}) }

func plainForms(t testing.TB) map[string][]byte {
	t.Helper()
	plain := func(p Page) []byte { return plainOf(t, encoded(t, EncodePage, p)) }
	return map[string][]byte{
		"record": encoded(t, EncodeRecord, oneRecord), "record 2": encoded(t, EncodeRecord, countedRecord),
		"fragment": encoded(t, EncodeFragment, oneFragment), "fragment 2": plainOf(t, encoded(t, EncodeFragment, longFragment())),
		"page": plain(onePage), "page 2": plain(countedPage),
	}
}

func plainOf(t testing.TB, encoded []byte) []byte {
	t.Helper()
	b, err := Plain(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWrittenAsTheLibraryWould(t *testing.T) {
	for name, b := range plainForms(t) {
		if !canonical(b) {
			t.Errorf("%s: %x is not in core deterministic encoding", name, b)
		}
	}
}

// TestOnlyOneWayToWriteIt changes every byte to every value: what is taken still
// is in deterministic encoding, and records and fragments are exactly what
// writing them again gives.
func TestOnlyOneWayToWriteIt(t *testing.T) {
	for name, whole := range plainForms(t) {
		taken := 0
		for at := range whole {
			b := bytes.Clone(whole)
			for v := range 256 {
				b[at] = byte(v)
				if decoders[name](b) != nil {
					continue
				}
				taken++
				if !canonical(b) {
					t.Fatalf("%s: byte %d as %#x is taken: %x", name, at, v, b)
				}
			}
		}
		if taken < 1000 {
			t.Errorf("%s: only %d changes of a text or a number are taken", name, taken)
		}
	}
}

func TestCutOrContinued(t *testing.T) {
	for name, whole := range plainForms(t) {
		for n := range whole {
			if err := decoders[name](whole[:n:n]); !errors.Is(err, ErrForm) {
				t.Errorf("%s: the first %d bytes: %v", name, n, err)
			}
		}
		if err := decoders[name](append(bytes.Clone(whole), 0)); !errors.Is(err, ErrForm) {
			t.Errorf("%s with a byte behind: %v", name, err)
		}
	}
}

// TestSpellings replaces the first element of a record, its form, by other
// ways to write the number one, and by what is no number.
func TestSpellings(t *testing.T) {
	whole := encoded(t, EncodeRecord, oneRecord)
	for name, one := range map[string][]byte{
		"in a byte of its own": {0x18, 1}, "in two": {0x19, 0, 1}, "in four": {0x1a, 0, 0, 0, 1},
		"in eight": {0x1b, 0, 0, 0, 0, 0, 0, 0, 1}, "reserved": {0x1c}, "indefinite": {0x1f}, "form 2, which is longer": {2},
		"another form": {3}, "form 0": {0},
		"minus": {0x20}, "a float": {0xf9, 0x3c, 0}, "true": {0xf5}, "null": {0xf6}, "tagged": {0xc0, 1}, "text": {0x61, '1'}, "a map": {0xa0},
	} {
		b := append(append([]byte{whole[0]}, one...), whole[2:]...)
		if _, err := DecodeRecord(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := DecodeRecord(whole); err != nil || !reflect.DeepEqual(got, oneRecord) {
		t.Errorf("as it is: %+v, %v", got, err)
	}
}

// TestHugeAnnouncements: what a few bytes announce is not made room for.
func TestHugeAnnouncements(t *testing.T) {
	for name, b := range map[string][]byte{
		"fragment": {0x86, 1, 0, 0, 0x80, 0, 0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"record":   {0x89, 1, 0, 0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		"page":     {0x8a, 1, 0x5b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	} {
		if err := decoders[name](b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := testing.AllocsPerRun(100, func() { _, _ = DecodeFragment([]byte{0x86, 1, 0, 0, 0x80, 0, 0x9a, 0xff, 0xff, 0xff, 0xff}) }); n > 5 {
		t.Errorf("%.0f allocations for a fragment of eleven bytes", n)
	}
}
