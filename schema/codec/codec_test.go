package codec

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tacit-telemetry/tacit/schema"
)

func drawRecord(t *rapid.T) schema.Record {
	r := schema.Record{
		Time:    rapid.Int64Range(0, 1<<40).Draw(t, "time"),
		Product: schema.Product{Name: rapid.SampledFrom([]string{"tacit", "other"}).Draw(t, "product"), Version: "1.2.3"},
		Metric:  rapid.StringMatching(`[a-z]{1,8}(\.[a-z]{1,8}){0,2}`).Draw(t, "metric"),
	}
	if rapid.Bool().Draw(t, "text") {
		r.Value = schema.Text(rapid.String().Draw(t, "value"))
	} else {
		r.Value = schema.Number(rapid.Int64().Draw(t, "value"))
	}
	if rapid.Bool().Draw(t, "counted") {
		r.Count = rapid.Uint32Range(2, schema.MaxCount).Draw(t, "count")
	}
	for i := range rapid.IntRange(0, 3).Draw(t, "labels") {
		r.Labels = append(r.Labels, schema.Label{Name: string(rune('a' + i)), Value: rapid.String().Draw(t, "label")})
	}
	return r
}

func TestPageIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := Page{Batch: schema.NewBatchID(), Writer: schema.Writer{1, 2}, Release: 7, Policy: 3, Records: []schema.Record{}}
		for range rapid.IntRange(0, 40).Draw(t, "records") {
			want.Records = append(want.Records, drawRecord(t))
		}
		b, err := EncodePage(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := DecodePage(b)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, want %+v", got, want)
		}
	})
}

func TestRecordIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawRecord(t)
		b, err := EncodeRecord(want)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := DecodeRecord(b); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestFragmentIsReadBack(t *testing.T) {
	want := Fragment{
		Day: 20778, Release: 1, First: FirstToday | FirstEver,
		Facets: []Pair{{Name: "os.type", Value: "linux"}},
		Values: []Measure{{Metric: "m", Labels: []Pair{{Name: "l", Value: "v"}}, Count: 3, Sum: -4, Buckets: []uint64{1, 0, 2}}},
	}
	b, err := EncodeFragment(want)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecodeFragment(b); err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, %v, want %+v", got, err, want)
	}
}

// TestLongFragmentsArePacked: what names the same again and again is compressed,
// what is short stays as it was.
func TestLongFragmentsArePacked(t *testing.T) {
	long := longFragment()
	b := encoded(t, EncodeFragment, long)
	if got, err := DecodeFragment(b); err != nil || !reflect.DeepEqual(got, long) {
		t.Errorf("got %+v, %v, want %+v", got, err, long)
	}
	if plain := plainOf(t, b); !compressed(b) || plain[1] != formPacked || len(b) >= len(plain) {
		t.Errorf("%d bytes of %d, form %d", len(b), len(plain), plain[1])
	}
	short := encoded(t, EncodeFragment, oneFragment)
	if short[1] != formPlain || compressed(short) {
		t.Errorf("a fragment of %d bytes has form %d", len(short), short[1])
	}
	short[1] = formPacked
	if _, err := DecodeFragment(packed(short)); !errors.Is(err, ErrForm) {
		t.Errorf("a short one that is compressed: %v, want ErrForm", err)
	}
}

func TestFragmentsAreBounded(t *testing.T) {
	f := Fragment{Facets: []Pair{}}
	for range MaxFragment / (MaxTextLen + 10) {
		f.Values = append(f.Values, Measure{Metric: strings.Repeat("m", MaxTextLen), Labels: []Pair{}, Buckets: []uint64{}})
	}
	if got, err := DecodeFragment(encoded(t, EncodeFragment, f)); err != nil || !reflect.DeepEqual(got, f) {
		t.Errorf("one of the greatest length: %v", err)
	}
	f.Values = append(f.Values, f.Values[0])
	if _, err := EncodeFragment(f); err == nil {
		t.Error("one that is longer was written")
	}
}

// TestPageSaysItOnce holds the reason for columns: five hundred records of one
// host must not cost five hundred times their names.
func TestPageSaysItOnce(t *testing.T) {
	p := Page{Records: make([]schema.Record, 500)}
	for i := range p.Records {
		p.Records[i] = schema.Record{
			Time: 1763700000 + int64(i*7), Product: schema.Product{Name: "tacit", Version: "1.0.0"},
			Metric: "tacit.operation.duration", Value: schema.Number(int64(i * i % 5000)),
			Labels: []schema.Label{{Name: "operation", Value: "spool"}},
		}
	}
	b, err := EncodePage(p)
	if err != nil {
		t.Fatal(err)
	}
	if perRecord := float64(len(b)) / 500; perRecord > 8 {
		t.Errorf("%.1f bytes a record, want at most 8", perRecord)
	}
}

func TestHostilePagesAreRefused(t *testing.T) {
	bomb := packed(make([]byte, MaxPlain+1))
	good, err := EncodePage(Page{Records: []schema.Record{{Metric: "m", Value: schema.Number(1)}}})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"empty": {}, "not zstd": []byte("hello"), "bomb": bomb,
		"not CBOR":   packed([]byte(strings.Repeat("\xff", 100))),
		"deep":       packed(bytes.Repeat([]byte{0x81}, 5000)),
		"huge array": packed([]byte{0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}),
		"cut":        good[:len(good)-2],
	} {
		if _, err := DecodePage(b); !errors.Is(err, ErrForm) {
			t.Errorf("%s: got %v, want ErrForm", name, err)
		}
	}
}

func TestWhatCannotBeReadIsNotWritten(t *testing.T) {
	bad := "caf\xe9"
	if _, err := EncodeRecord(schema.Record{Metric: "m", Value: schema.Text(bad)}); err == nil {
		t.Error("a record that is not UTF-8 was written")
	}
	if _, err := EncodePage(Page{Records: []schema.Record{{Metric: bad, Value: schema.Number(1)}}}); err == nil {
		t.Error("a page that is not UTF-8 was written")
	}
	if _, err := EncodeFragment(Fragment{Facets: []Pair{{Name: "f", Value: bad}}}); err == nil {
		t.Error("a fragment that is not UTF-8 was written")
	}
}
