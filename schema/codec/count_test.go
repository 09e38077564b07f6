package codec

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/tacit-telemetry/tacit/schema"
)

// TestOneEventHasFormOne: who reports single events is understood by those that
// know form 1 only.
func TestOneEventHasFormOne(t *testing.T) {
	if one := counted(oneRecord, 1); !bytes.Equal(encoded(t, EncodeRecord, one), encoded(t, EncodeRecord, oneRecord)) {
		t.Error("a record of one event is not written as form 1")
	}
	page := Page{Records: []schema.Record{oneRecord, counted(oneRecord, 1)}}
	b, err := Plain(encoded(t, EncodePage, page))
	if err != nil || b[1] != formPlain {
		t.Fatalf("a page of single events has form %d: %v", b[1], err)
	}
	got, err := DecodePage(packed(b))
	if want := []schema.Record{oneRecord, oneRecord}; err != nil || !reflect.DeepEqual(got.Records, want) {
		t.Errorf("got %+v, %v", got.Records, err)
	}
}

func TestCountsAreReadBack(t *testing.T) {
	b := encoded(t, EncodePage, countedPage)
	if got, err := DecodePage(b); err != nil || !reflect.DeepEqual(got, countedPage) {
		t.Errorf("got %+v, %v", got, err)
	}
	if plain, err := Plain(b); err != nil || plain[1] != formCounted {
		t.Errorf("a page with counts has form %d: %v", plain[1], err)
	}
	if got, err := DecodeRecord(encoded(t, EncodeRecord, countedRecord)); err != nil || !reflect.DeepEqual(got, countedRecord) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// TestCountsOutOfBounds: the last entries of the forms are counts, but for a
// record's, which is its fifth element.
func TestCountsOutOfBounds(t *testing.T) {
	many := counted(oneRecord, schema.MaxCount+1)
	if _, err := EncodeRecord(many); err == nil {
		t.Error("a record of too many events was written")
	}
	if _, err := EncodePage(Page{Records: []schema.Record{many}}); err == nil {
		t.Error("a page with too many events was written")
	}
	forms := plainForms(t)
	page, record := forms["page 2"], forms["record 2"]
	most := appendUint(nil, schema.MaxCount)
	page, found := bytes.CutSuffix(page, append(append(appendArray(nil, 3), append(appendUint(nil, 70_000), 1)...), most...))
	at := bytes.Index(record, appendUint(nil, 70_000))
	if !found || at < 0 {
		t.Fatalf("%x does not end with its counts, or %x has none", page, record)
	}
	for name, column := range map[string][]uint64{
		"all of one event": {1, 1, 1}, "no event": {2, 0, 1}, "too many": {schema.MaxCount + 1, 1, 1}, "one missing": {2, 1}, "one more": {2, 1, 1, 1},
	} {
		b := appendArray(bytes.Clone(page), len(column))
		for _, n := range column {
			b = appendUint(b, n)
		}
		if _, err := DecodePage(packed(b)); !errors.Is(err, ErrForm) {
			t.Errorf("a page, %s: %v", name, err)
		}
	}
	for _, n := range []uint64{0, 1, schema.MaxCount + 1, 1 << 32} {
		b := append(appendUint(bytes.Clone(record[:at]), n), record[at+5:]...)
		if _, err := DecodeRecord(b); !errors.Is(err, ErrForm) {
			t.Errorf("a record of %d events: %v", n, err)
		}
	}
}

// TestSeriesOfCounted: records that differ in time, number and count alone have
// the same rest.
func TestSeriesOfCounted(t *testing.T) {
	a, b := encoded(t, EncodeRecord, oneRecord), encoded(t, EncodeRecord, countedRecord)
	if !bytes.Equal(Series(a), Series(b)) || len(Series(a)) == 0 {
		t.Errorf("%x and %x", Series(a), Series(b))
	}
}
