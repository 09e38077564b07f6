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
	b = appendUint(appendArray(b, recordLen), form)
	b = appendInt(appendInt(b, r.Time), r.Value.Number)
	b = appendText(b, r.Product.Name)
	b = appendText(b, r.Product.Version)
	b = appendText(b, r.Metric)
	b = appendUint(b, uint64(r.Value.Kind))
	b = appendText(b, r.Value.Text)
	b = appendArray(b, len(r.Labels))
	for i := range r.Labels {
		b = appendText(appendText(appendArray(b, 2), r.Labels[i].Name), r.Labels[i].Value)
	}
	return b, nil
}

// Series returns the part of a record's bytes that all records have which differ
// in time and number alone. It is of b, which AppendRecord made.
func Series(b []byte) []byte {
	rd := reader{rest: b}
	rd.tuple(recordLen)
	rd.form()
	rd.int()
	rd.int()
	return rd.rest
}

const recordLen = 9 // elements

// maxRecordText bounds a text of a record on its own: what is longer fits no
// page, and is cut down by its treatment before.
const maxRecordText = MaxPlain

// checkRecord refuses what could be written and not be read again.
func checkRecord(r *schema.Record) error {
	if len(r.Labels) > MaxLabels {
		return fmt.Errorf("%d labels, at most %d", len(r.Labels), MaxLabels)
	}
	for _, s := range [...]string{r.Product.Name, r.Product.Version, r.Metric, r.Value.Text} {
		if !utf8.ValidString(s) {
			return errUTF8
		}
		if len(s) > maxRecordText {
			return fmt.Errorf("a text of %d bytes, at most %d", len(s), maxRecordText)
		}
	}
	for i := range r.Labels {
		if err := checkPair(r.Labels[i].Name, r.Labels[i].Value); err != nil {
			return err
		}
	}
	return nil
}

// DecodeRecord reads one record. Errors wrap [ErrForm].
func DecodeRecord(b []byte) (schema.Record, error) { return new(RecordDecoder).Decode(b) }

// RecordDecoder reads many records. Those that differ in time and number alone
// share the rest, labels too, which must not be changed: it is read once. Its
// zero value is ready. It is not safe for concurrent use, and remembers at most
// what it read, and no more than MaxTexts of it.
type RecordDecoder struct{ known map[string]*schema.Record }

// Decode reads one record, of which nothing points into b. Errors wrap
// [ErrForm].
func (d *RecordDecoder) Decode(b []byte) (schema.Record, error) {
	rd := reader{rest: b}
	rd.tuple(recordLen)
	rd.form()
	at, number := rd.int(), rd.int()
	shared, ok := d.known[string(rd.rest)]
	if !ok || rd.bad {
		tail := rd.rest
		r := rd.series()
		if !rd.end() {
			return schema.Record{}, fmt.Errorf("decode record: %w", ErrForm)
		}
		if shared = &r; len(d.known) < MaxTexts {
			d.remember(tail, shared)
		}
	}
	r := *shared
	r.Time, r.Value.Number = at, number
	return r, nil
}

func (d *RecordDecoder) remember(tail []byte, r *schema.Record) {
	if d.known == nil {
		d.known = map[string]*schema.Record{}
	}
	d.known[string(tail)] = r
}

// series reads what follows a record's time and number.
func (rd *reader) series() (r schema.Record) {
	r.Product.Name = string(rd.text(maxRecordText))
	r.Product.Version = string(rd.text(maxRecordText))
	r.Metric = string(rd.text(maxRecordText))
	r.Value.Kind = schema.Kind(rd.uint(math.MaxUint8))
	r.Value.Text = string(rd.text(maxRecordText))
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
