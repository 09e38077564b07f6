package codec

import (
	"fmt"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
)

// record is one record on its own, as a spool keeps it until it is gathered
// into a page:
//
//	record = [1, time, product, version, metric, kind, number, text, [[label, value]...]]
type record struct {
	_       struct{} `cbor:",toarray"`
	Form    uint8
	Time    int64
	Product string
	Version string
	Metric  string
	Kind    schema.Kind
	Number  int64
	Text    string
	Labels  []Pair
}

// EncodeRecord returns one record's bytes.
func EncodeRecord(r schema.Record) ([]byte, error) {
	if len(r.Labels) > MaxLabels {
		return nil, fmt.Errorf("encode record: %d labels, at most %d", len(r.Labels), MaxLabels)
	}
	w := record{
		Form: form, Time: r.Time, Product: r.Product.Name, Version: r.Product.Version,
		Metric: r.Metric, Kind: r.Value.Kind, Number: r.Value.Number, Text: r.Value.Text, Labels: []Pair{},
	}
	for _, l := range r.Labels {
		w.Labels = append(w.Labels, Pair{Name: l.Name, Value: l.Value})
	}
	if err := w.check(); err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	b, err := encMode.Marshal(w)
	if err != nil {
		return nil, fmt.Errorf("encode record: %w", err)
	}
	return b, nil
}

// DecodeRecord reads one record. Errors wrap [ErrForm].
func DecodeRecord(b []byte) (schema.Record, error) {
	var w record
	if err := unmarshal(b, &w); err != nil || w.Form != form || len(w.Labels) > MaxLabels {
		return schema.Record{}, fmt.Errorf("decode record: %w", ErrForm)
	}
	r := schema.Record{
		Time: w.Time, Product: schema.Product{Name: w.Product, Version: w.Version}, Metric: w.Metric,
		Value: schema.Value{Kind: w.Kind, Number: w.Number, Text: w.Text},
	}
	for _, l := range w.Labels {
		r.Labels = append(r.Labels, schema.Label{Name: l.Name, Value: l.Value})
	}
	return r, nil
}

// check refuses texts that could be written and not be read again.
func (w *record) check() error {
	for _, s := range []string{w.Product, w.Version, w.Metric, w.Text} {
		if !utf8.ValidString(s) {
			return errUTF8
		}
	}
	return checkPairs(w.Labels)
}
