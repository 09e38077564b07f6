package codec

import (
	"fmt"
	"math"
	"sync"

	"github.com/tacit-telemetry/tacit/schema"
)

// Page is the detailed record of one installation that support may open with
// its ID: what a page seals.
type Page struct {
	Batch   schema.BatchID
	Writer  schema.Writer
	Release schema.Release
	Policy  uint64 // revision of the site's decision that the records were taken under; 0: none was made
	Records []schema.Record
}

// How many elements the arrays have.
const (
	pageLen   = 10
	seriesLen = 5
)

// series is what records of one kind have in common. Numbers index texts.
type series struct {
	product, version, metric uint64
	kind                     schema.Kind
	labels                   []uint64 // name, value, name, value...
}

// tables are kept from page to page: making them is most of what a page costs.
var tables = sync.Pool{New: func() any { return newColumns() }}

// EncodePage returns the page's bytes, compressed. Records keep their order.
func EncodePage(p Page) ([]byte, error) {
	if len(p.Records) > MaxRecords {
		return nil, fmt.Errorf("encode page: %d records, at most %d", len(p.Records), MaxRecords)
	}
	c := tables.Get().(*columns)
	defer tables.Put(c)
	c.reset()
	for i := range p.Records {
		if err := c.add(&p.Records[i]); err != nil {
			return nil, fmt.Errorf("encode page: record %d: %w", i, err)
		}
	}
	plain := c.append(&p)
	if len(plain) > MaxPlain {
		return nil, fmt.Errorf("encode page: %d bytes, at most %d", len(plain), MaxPlain)
	}
	return compress(plain), nil
}

// DecodePage reads a page. It checks the form, not whether the registry names
// what is in it. Errors wrap [ErrForm].
func DecodePage(b []byte) (Page, error) {
	plain, err := decompress(b)
	if err != nil {
		return Page{}, fmt.Errorf("decode page: %w", err)
	}
	r := reader{rest: plain}
	r.tuple(pageLen)
	r.form()
	p := Page{
		Batch: r.id(), Writer: r.id(), Release: schema.Release(r.uint(math.MaxUint32)), Policy: r.uint(math.MaxUint64),
	}
	texts := r.texts()
	kinds := r.allSeries(texts)
	p.Records = r.records(kinds, texts)
	if !r.end() {
		return Page{}, fmt.Errorf("decode page: %w", ErrForm)
	}
	return p, nil
}

// texts reads the table of texts.
func (r *reader) texts() []string {
	out := make([]string, r.array(MaxTexts))
	for i := range out {
		out[i] = string(r.text(MaxTextLen))
	}
	return out
}

// at reads the index of a text and returns the text.
func (r *reader) at(texts []string) string {
	if i := r.head(majorUint); i < uint64(len(texts)) {
		return texts[i]
	}
	r.bad = true
	return ""
}

// allSeries reads the table of series: for each, a record without time and
// value.
func (r *reader) allSeries(texts []string) []schema.Record {
	out := make([]schema.Record, r.array(MaxRecords))
	for i := range out {
		r.tuple(seriesLen)
		s := &out[i]
		s.Product.Name, s.Product.Version, s.Metric = r.at(texts), r.at(texts), r.at(texts)
		s.Value.Kind = schema.Kind(r.uint(uint64(schema.KindText)))
		n := r.array(2 * MaxLabels)
		if s.Value.Kind < schema.KindNumber || n%2 != 0 {
			r.bad = true
		}
		if n > 1 && !r.bad {
			s.Labels = make([]schema.Label, n/2)
		}
		for l := range s.Labels {
			s.Labels[l] = schema.Label{Name: r.at(texts), Value: r.at(texts)}
		}
	}
	return out
}

// records reads the three columns. There are no more series than records.
func (r *reader) records(kinds []schema.Record, texts []string) []schema.Record {
	n := r.array(MaxRecords)
	if len(kinds) > n {
		r.bad = true
	}
	out := make([]schema.Record, n)
	for i := range out {
		kind := r.head(majorUint)
		if kind >= uint64(len(kinds)) {
			r.bad = true
			return nil
		}
		out[i] = kinds[kind]
	}
	r.tuple(uint64(n))
	var now int64
	for i := range out {
		now += r.int()
		out[i].Time = now
	}
	r.tuple(uint64(n))
	for i := range out {
		if out[i].Value.Kind == schema.KindNumber {
			out[i].Value.Number = r.int()
		} else {
			out[i].Value.Text = r.at(texts)
		}
	}
	return out
}
