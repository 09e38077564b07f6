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
	b = appendInt(b, r.Time)
	b = appendText(b, r.Product.Name)
	b = appendText(b, r.Product.Version)
	b = appendText(b, r.Metric)
	b = appendUint(b, uint64(r.Value.Kind))
	b = appendInt(b, r.Value.Number)
	b = appendText(b, r.Value.Text)
	b = appendArray(b, len(r.Labels))
	for i := range r.Labels {
		b = appendText(appendText(appendArray(b, 2), r.Labels[i].Name), r.Labels[i].Value)
	}
	return b, nil
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

// RecordDecoder reads many records and keeps each text that recurs once. Its
// zero value is ready. It is not safe for concurrent use, and remembers at most
// MaxTexts texts.
type RecordDecoder struct{ texts map[string]string }

// Decode reads one record, of which nothing points into b. Errors wrap
// [ErrForm].
func (d *RecordDecoder) Decode(b []byte) (schema.Record, error) {
	rd := reader{rest: b}
	rd.tuple(recordLen)
	rd.form()
	r := schema.Record{Time: rd.int()}
	r.Product.Name = d.text(rd.text(maxRecordText))
	r.Product.Version = d.text(rd.text(maxRecordText))
	r.Metric = d.text(rd.text(maxRecordText))
	r.Value.Kind = schema.Kind(rd.uint(math.MaxUint8))
	r.Value.Number = rd.int()
	r.Value.Text = d.text(rd.text(maxRecordText))
	n := rd.array(MaxLabels)
	if n > 0 {
		r.Labels = make([]schema.Label, n)
	}
	for i := range r.Labels {
		rd.tuple(2)
		r.Labels[i].Name = d.text(rd.text(MaxTextLen))
		r.Labels[i].Value = d.text(rd.text(MaxTextLen))
	}
	if !rd.end() {
		return schema.Record{}, fmt.Errorf("decode record: %w", ErrForm)
	}
	return r, nil
}

// text returns a text, the same one for the same bytes.
func (d *RecordDecoder) text(b []byte) string {
	if len(b) == 0 {
		return ""
	}
	if s, ok := d.texts[string(b)]; ok {
		return s
	}
	s := string(b)
	if d.texts == nil {
		d.texts = map[string]string{}
	}
	if len(d.texts) < MaxTexts {
		d.texts[s] = s
	}
	return s
}
