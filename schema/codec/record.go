package codec

import (
	"fmt"
	"math"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
)

// EncodeRecord returns one record's bytes, as a spool keeps it until it is
// gathered into a page.
func EncodeRecord(r schema.Record) ([]byte, error) { return AppendRecord(nil, &r) }

// AppendRecord appends what EncodeRecord returns to b. After an error b is as
// it was.
func AppendRecord(b []byte, r *schema.Record) ([]byte, error) {
	if err := checkRecord(r); err != nil {
		return b, fmt.Errorf("encode record: %w", err)
	}
	from := len(b)
	b = appendRecordHead(b, r)
	b = appendText(b, r.Product.Name)
	b = appendText(b, r.Product.Version)
	b = appendText(b, r.Metric)
	b = appendUint(b, uint64(r.Value.Kind))
	b = appendText(b, r.Value.Text)
	b = appendArray(b, len(r.Labels))
	for i := range r.Labels {
		b = appendText(appendText(appendArray(b, 2), r.Labels[i].Name), r.Labels[i].Value)
	}
	if n := len(b) - from; n > MaxPlain { // it fits no page, and its treatment cuts it down before
		return b[:from], fmt.Errorf("encode record: %d bytes, at most %d", n, MaxPlain)
	}
	return b, nil
}

// appendRecordHead appends what comes before the part that records share. The
// record of one event has form 1.
func appendRecordHead(b []byte, r *schema.Record) []byte {
	if r.Count <= 1 {
		return appendInt(appendInt(appendUint(appendArray(b, recordLen), formPlain), r.Time), r.Value.Number)
	}
	b = appendUint(appendArray(b, recordLen+1), formCounted)
	return appendUint(appendInt(appendInt(b, r.Time), r.Value.Number), uint64(r.Count))
}

// recordHead reads what comes before the part that records share.
func (rd *reader) recordHead() (at, number int64, count uint32) {
	counted := rd.oneOf(recordLen)
	at, number = rd.int(), rd.int()
	if counted {
		if count = rd.count(); count == 0 {
			rd.bad = true // the record of one event has form 1
		}
	}
	return at, number, count
}

// Series returns the part of a record's bytes that all records have which differ
// in time, number and count alone. It is of b, which AppendRecord made.
func Series(b []byte) []byte {
	rd := reader{rest: b}
	rd.recordHead()
	return rd.rest
}

const recordLen = 9 // elements of form 1

// checkRecord refuses what could be written and not be read again.
func checkRecord(r *schema.Record) error {
	if err := checkCounts(r); err != nil {
		return err
	}
	for _, s := range [...]string{r.Product.Name, r.Product.Version, r.Metric, r.Value.Text} {
		if !utf8.ValidString(s) {
			return errUTF8
		}
	}
	for i := range r.Labels {
		if err := checkPair(r.Labels[i].Name, r.Labels[i].Value); err != nil {
			return err
		}
	}
	return nil
}

// checkCounts refuses more labels or events than one record may have.
func checkCounts(r *schema.Record) error {
	switch {
	case len(r.Labels) > MaxLabels:
		return fmt.Errorf("%d labels, at most %d", len(r.Labels), MaxLabels)
	case r.Count > schema.MaxCount:
		return fmt.Errorf("a record of %d events, at most %d", r.Count, schema.MaxCount)
	}
	return nil
}

// DecodeRecord reads one record. Errors wrap [ErrForm].
func DecodeRecord(b []byte) (schema.Record, error) { return new(RecordDecoder).Decode(b) }

// RecordDecoder reads many records. Those that differ in time, number and count
// alone share the rest, labels too, which must not be changed: it is read once. Its
// zero value is ready. It is not safe for concurrent use, and remembers at most
// what it read, and no more than MaxTexts of it.
type RecordDecoder struct{ known map[string]*schema.Record }

// maxKnown is the longest rest that is remembered: no record that was treated has
// a longer one, and what is remembered is there twice.
const maxKnown = 64 << 10

// Decode reads one record, of which nothing points into b. Errors wrap
// [ErrForm].
func (d *RecordDecoder) Decode(b []byte) (schema.Record, error) {
	if len(b) > MaxPlain {
		return schema.Record{}, fmt.Errorf("decode record of %d bytes: %w", len(b), ErrForm)
	}
	rd := reader{rest: b}
	at, number, count := rd.recordHead()
	shared, ok := d.known[string(rd.rest)]
	if !ok || rd.bad {
		tail := rd.rest
		r := rd.series()
		if !rd.end() {
			return schema.Record{}, fmt.Errorf("decode record: %w", ErrForm)
		}
		if shared = &r; len(d.known) < MaxTexts && len(tail) <= maxKnown {
			d.remember(tail, shared)
		}
	}
	r := *shared
	r.Time, r.Value.Number, r.Count = at, number, count
	return r, nil
}

func (d *RecordDecoder) remember(tail []byte, r *schema.Record) {
	if d.known == nil {
		d.known = map[string]*schema.Record{}
	}
	d.known[string(tail)] = r
}

// series reads what follows a record's time, number and count.
func (rd *reader) series() (r schema.Record) {
	r.Product.Name = string(rd.text(MaxPlain))
	r.Product.Version = string(rd.text(MaxPlain))
	r.Metric = string(rd.text(MaxPlain))
	r.Value.Kind = schema.Kind(rd.uint(math.MaxUint8))
	r.Value.Text = string(rd.text(MaxPlain))
	n := rd.array(MaxLabels)
	if n > 0 {
		r.Labels = make([]schema.Label, n)
	}
	for i := range r.Labels {
		rd.tuple(2)
		r.Labels[i].Name = string(rd.text(MaxTextLen))
		r.Labels[i].Value = string(rd.text(MaxTextLen))
	}
	return r
}
