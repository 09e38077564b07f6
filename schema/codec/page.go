package codec

import (
	"fmt"
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

// How many elements the arrays have; a page with counts has one more.
const (
	pageLen   = 10
	seriesLen = 5
)

// What a decoded page takes of memory, at most maxRoom: with the bytes before
// compression that stays below twice MaxPlain, whatever the bytes are. A page
// that agents send takes a tenth of it.
const (
	maxRoom    = MaxPlain / 16 * 13
	recordRoom = 120 // of one record or series; fewer where words have 32 bits
	labelRoom  = 32
	textRoom   = 16
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
	plain, ends := c.append(&p)
	if len(plain) > MaxPlain {
		return nil, fmt.Errorf("encode page: %d bytes, at most %d", len(plain), MaxPlain)
	}
	if room := c.room(); room > maxRoom {
		return nil, fmt.Errorf("encode page: it would take %d bytes of memory, at most %d", room, maxRoom)
	}
	return compress(plain, ends), nil
}

// DecodePage reads a page. It checks the form, not whether the registry names
// what is in it. Errors wrap [ErrForm].
func DecodePage(b []byte) (Page, error) {
	var t Table
	if err := t.Open(b); err != nil {
		return Page{}, fmt.Errorf("decode page: %w", err)
	}
	p, n := t.Page, 0
	p.Records = make([]schema.Record, t.Len())
	err := t.Each(func(of int, row Row) {
		r := &p.Records[n]
		n++
		*r = t.Series[of]
		r.Time, r.Value, r.Count = row.Time, row.Value, row.Count
	})
	if err != nil {
		return Page{}, fmt.Errorf("decode page: %w", err)
	}
	return p, nil
}

// texts reads the table of texts. All are of one copy of its bytes.
func (r *reader) texts() []string {
	n := r.array(MaxTexts)
	again := reader{rest: r.rest}
	for range n {
		r.text(MaxTextLen)
	}
	bytes := len(again.rest) - len(r.rest)
	if !r.takes(bytes + n*textRoom) {
		return nil
	}
	all, out := string(again.rest[:bytes]), make([]string, n)
	for i := range out {
		length := len(again.text(MaxTextLen))
		end := bytes - len(again.rest) + len(r.rest)
		out[i] = all[end-length : end]
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
	out := r.some(r.array(MaxRecords))
	for i := range out {
		r.tuple(seriesLen)
		s := &out[i]
		s.Product.Name, s.Product.Version, s.Metric = r.at(texts), r.at(texts), r.at(texts)
		s.Value.Kind = schema.Kind(r.uint(uint64(schema.KindText)))
		n := r.array(2 * MaxLabels)
		if s.Value.Kind < schema.KindNumber || n%2 != 0 {
			r.bad = true
		}
		if n > 1 && r.takes(n/2*labelRoom) {
			s.Labels = make([]schema.Label, n/2)
		}
		for l := range s.Labels {
			s.Labels[l] = schema.Label{Name: r.at(texts), Value: r.at(texts)}
		}
	}
	return out
}

// some makes room for so many records.
func (r *reader) some(n int) []schema.Record {
	if !r.takes(n * recordRoom) {
		return nil
	}
	return make([]schema.Record, n)
}
