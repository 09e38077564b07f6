package codec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/schema"
)

// errUTF8 refuses what no decoder would take.
var errUTF8 = errors.New("a text is not valid UTF-8")

// columns builds a page's tables and columns, record by record.
type columns struct {
	page
	texts   map[string]uint64
	series  map[string]uint64 // by the bytes of a series' indexes
	last    int64             // time of the record before
	key     []byte            // scratch
	longest int               // bytes of the longest text so far
	invalid bool              // a text was not UTF-8
}

func newColumns(p Page) *columns {
	n := len(p.Records)
	return &columns{
		page: page{
			Form: form, Batch: p.Batch[:], Writer: p.Writer[:], Release: p.Release, Policy: p.Policy,
			Texts: []string{}, Series: []series{},
			Index: make([]uint64, 0, n), Times: make([]int64, 0, n), Values: make([]int64, 0, n),
		},
		texts:  map[string]uint64{},
		series: map[string]uint64{},
	}
}

func (c *columns) add(r *schema.Record) error {
	if len(r.Labels) > MaxLabels {
		return fmt.Errorf("%d labels, at most %d", len(r.Labels), MaxLabels)
	}
	s := series{
		Product: c.text(r.Product.Name), Version: c.text(r.Product.Version),
		Metric: c.text(r.Metric), Kind: r.Value.Kind, Labels: make([]uint64, 0, 2*len(r.Labels)),
	}
	for _, l := range r.Labels {
		s.Labels = append(s.Labels, c.text(l.Name), c.text(l.Value))
	}
	value := r.Value.Number
	switch r.Value.Kind {
	case schema.KindNumber:
	case schema.KindText:
		value = int64(c.text(r.Value.Text))
	default:
		return fmt.Errorf("value of kind %d", r.Value.Kind)
	}
	c.Index = append(c.Index, c.seriesOf(s))
	c.Times = append(c.Times, r.Time-c.last)
	c.Values = append(c.Values, value)
	c.last = r.Time
	if c.invalid {
		return errUTF8
	}
	if c.longest > MaxTextLen {
		return fmt.Errorf("text of %d bytes, at most %d", c.longest, MaxTextLen)
	}
	if len(c.Texts) > MaxTexts {
		return fmt.Errorf("%d distinct texts, at most %d", len(c.Texts), MaxTexts)
	}
	return nil
}

func (c *columns) text(s string) uint64 {
	if i, ok := c.texts[s]; ok {
		return i
	}
	i := uint64(len(c.Texts))
	c.texts[s] = i
	c.Texts = append(c.Texts, s)
	c.longest = max(c.longest, len(s))
	c.invalid = c.invalid || !utf8.ValidString(s)
	return i
}

func (c *columns) seriesOf(s series) uint64 {
	k := c.key[:0]
	for _, v := range []uint64{s.Product, s.Version, s.Metric, uint64(s.Kind)} {
		k = binary.AppendUvarint(k, v)
	}
	for _, v := range s.Labels {
		k = binary.AppendUvarint(k, v)
	}
	c.key = k
	if i, ok := c.series[string(k)]; ok {
		return i
	}
	i := uint64(len(c.Series))
	c.series[string(k)] = i
	c.Series = append(c.Series, s)
	return i
}

// open turns columns back into records, checking every index.
func (w *page) open() (Page, error) {
	p := Page{Release: w.Release, Policy: w.Policy}
	n := len(w.Index)
	switch {
	case w.Form != form:
		return p, fmt.Errorf("%w: form %d, want %d", ErrForm, w.Form, form)
	case len(w.Batch) != len(p.Batch) || len(w.Writer) != len(p.Writer):
		return p, fmt.Errorf("%w: batch ID or writer is not 16 bytes", ErrForm)
	case n > MaxRecords || len(w.Times) != n || len(w.Values) != n:
		return p, fmt.Errorf("%w: columns of %d, %d and %d", ErrForm, n, len(w.Times), len(w.Values))
	case len(w.Texts) > MaxTexts || len(w.Series) > n:
		return p, fmt.Errorf("%w: %d texts, %d series", ErrForm, len(w.Texts), len(w.Series))
	}
	for _, s := range w.Texts {
		if len(s) > MaxTextLen {
			return p, fmt.Errorf("%w: a text of %d bytes", ErrForm, len(s))
		}
	}
	copy(p.Batch[:], w.Batch)
	copy(p.Writer[:], w.Writer)
	shared, err := w.openSeries()
	if err != nil {
		return p, err
	}
	p.Records = make([]schema.Record, n)
	var now int64
	for i := range p.Records {
		if w.Index[i] >= uint64(len(shared)) {
			return p, fmt.Errorf("%w: series %d of %d", ErrForm, w.Index[i], len(shared))
		}
		now += w.Times[i]
		r := shared[w.Index[i]]
		r.Time = now
		if r.Value.Kind == schema.KindNumber {
			r.Value.Number = w.Values[i]
		} else if r.Value.Text, err = w.at(uint64(w.Values[i])); err != nil {
			return p, err
		}
		p.Records[i] = r
	}
	return p, nil
}

// openSeries returns one record without time and value for each series.
func (w *page) openSeries() ([]schema.Record, error) {
	out := make([]schema.Record, len(w.Series))
	for i, s := range w.Series {
		if s.Kind != schema.KindNumber && s.Kind != schema.KindText || len(s.Labels) > 2*MaxLabels || len(s.Labels)%2 != 0 {
			return nil, fmt.Errorf("%w: series %d: kind %d, %d label texts", ErrForm, i, s.Kind, len(s.Labels))
		}
		texts := make([]string, 0, 3+2*MaxLabels)
		for _, index := range append([]uint64{s.Product, s.Version, s.Metric}, s.Labels...) {
			t, err := w.at(index)
			if err != nil {
				return nil, err
			}
			texts = append(texts, t)
		}
		r := schema.Record{
			Product: schema.Product{Name: texts[0], Version: texts[1]},
			Metric:  texts[2],
			Value:   schema.Value{Kind: s.Kind},
		}
		for l := 3; l < len(texts); l += 2 {
			r.Labels = append(r.Labels, schema.Label{Name: texts[l], Value: texts[l+1]})
		}
		out[i] = r
	}
	return out, nil
}

func (w *page) at(i uint64) (string, error) {
	if i >= uint64(len(w.Texts)) {
		return "", fmt.Errorf("%w: text %d of %d", ErrForm, i, len(w.Texts))
	}
	return w.Texts[i], nil
}
