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
	texts  []string
	series []series
	index  []uint64 // of each record: its series
	times  []int64  // of each record: seconds, as difference
	values []int64  // of each record: number, or index of text
	counts []uint32 // of each record: how many events

	textAt   map[string]uint64
	seriesAt map[string]uint64 // by the bytes of a series' indexes
	last     int64             // time of the record before
	shared   map[*schema.Label]sharedSeries
	key      []byte   // scratch
	labels   []uint64 // scratch
	plain    []byte   // scratch
	ends     []int    // of the parts of plain
	longest  int      // bytes of the longest text so far
	invalid  bool     // a text was not UTF-8
	counted  bool     // a record is of several events
}

// sharedSeries is the series of records that share their labels in memory, as a
// [RecordDecoder] makes them: then the rest need not be looked up to be the same.
type sharedSeries struct {
	index   uint64
	product schema.Product
	metric  string
	kind    schema.Kind
	labels  int
}

func newColumns() *columns {
	return &columns{textAt: map[string]uint64{}, seriesAt: map[string]uint64{}, shared: map[*schema.Label]sharedSeries{}}
}

// reset forgets a page, with every text of it.
func (c *columns) reset() {
	clear(c.texts)
	clear(c.textAt)
	clear(c.seriesAt)
	clear(c.shared)
	c.texts, c.series, c.labels = c.texts[:0], c.series[:0], nil
	c.index, c.times, c.values, c.counts = c.index[:0], c.times[:0], c.values[:0], c.counts[:0]
	c.last, c.longest, c.invalid, c.counted = 0, 0, false, false
}

func (c *columns) add(r *schema.Record) error {
	if err := checkCounts(r); err != nil {
		return err
	}
	of := c.seriesOf(r)
	value := r.Value.Number
	switch r.Value.Kind {
	case schema.KindNumber:
	case schema.KindText:
		value = int64(c.text(r.Value.Text))
	default:
		return fmt.Errorf("value of kind %d", r.Value.Kind)
	}
	c.index = append(c.index, of)
	c.times = append(c.times, r.Time-c.last)
	c.values = append(c.values, value)
	c.counts = append(c.counts, r.Events())
	c.counted = c.counted || r.Count > 1
	c.last = r.Time
	switch {
	case c.invalid:
		return errUTF8
	case c.longest > MaxTextLen:
		return fmt.Errorf("text of %d bytes, at most %d", c.longest, MaxTextLen)
	case len(c.texts) > MaxTexts:
		return fmt.Errorf("%d distinct texts, at most %d", len(c.texts), MaxTexts)
	}
	return nil
}

func (c *columns) text(s string) uint64 {
	if i, ok := c.textAt[s]; ok {
		return i
	}
	i := uint64(len(c.texts))
	c.textAt[s] = i
	c.texts = append(c.texts, s)
	c.longest = max(c.longest, len(s))
	c.invalid = c.invalid || !utf8.ValidString(s)
	return i
}

// seriesOf returns the index of a record's series.
func (c *columns) seriesOf(r *schema.Record) uint64 {
	if len(r.Labels) == 0 {
		return c.lookUp(r)
	}
	first := &r.Labels[0]
	s, ok := c.shared[first]
	if ok && s.labels == len(r.Labels) && s.metric == r.Metric && s.kind == r.Value.Kind && s.product == r.Product {
		return s.index
	}
	i := c.lookUp(r)
	c.shared[first] = sharedSeries{i, r.Product, r.Metric, r.Value.Kind, len(r.Labels)}
	return i
}

// lookUp finds the series by all texts of the record, and makes it the first
// time.
func (c *columns) lookUp(r *schema.Record) uint64 {
	s := series{product: c.text(r.Product.Name), version: c.text(r.Product.Version), metric: c.text(r.Metric), kind: r.Value.Kind}
	k := c.key[:0]
	for _, v := range [...]uint64{s.product, s.version, s.metric, uint64(s.kind)} {
		k = binary.AppendUvarint(k, v)
	}
	from := len(c.labels)
	for i := range r.Labels {
		name, value := c.text(r.Labels[i].Name), c.text(r.Labels[i].Value)
		k = binary.AppendUvarint(binary.AppendUvarint(k, name), value)
		c.labels = append(c.labels, name, value)
	}
	c.key = k
	if i, ok := c.seriesAt[string(k)]; ok {
		c.labels = c.labels[:from]
		return i
	}
	s.labels = c.labels[from:len(c.labels):len(c.labels)]
	i := uint64(len(c.series))
	c.seriesAt[string(k)] = i
	c.series = append(c.series, s)
	return i
}

// append returns the page's bytes before compression, and where each part of them
// ends. Both are good until the next page. Nothing may be added any more.
func (c *columns) append(p *Page) (plain []byte, ends []int) {
	c.order()
	c.plain, c.ends = c.plain[:0], c.ends[:0]
	c.appendNames(p)
	c.appendSeries()
	c.column(func(b []byte, i int) []byte { return appendUint(b, c.index[i]) })
	c.column(func(b []byte, i int) []byte { return appendInt(b, c.times[i]) })
	c.column(func(b []byte, i int) []byte { return appendInt(b, c.values[i]) })
	if c.counted {
		c.column(func(b []byte, i int) []byte { return appendUint(b, uint64(c.counts[i])) })
	}
	return c.plain, c.ends
}

// appendNames appends what is there once: what the page is, in bytes that nothing
// compresses, and all texts.
func (c *columns) appendNames(p *Page) {
	n, form := pageLen, uint64(formPlain)
	if c.counted {
		n, form = pageLen+1, formCounted
	}
	b := appendUint(appendArray(c.plain, n), form)
	b = appendBytes(appendBytes(b, p.Batch[:]), p.Writer[:])
	b = appendUint(appendUint(b, uint64(p.Release)), p.Policy)
	c.end(appendArray(b, len(c.texts)))
	b = c.plain
	for _, s := range c.texts {
		b = appendText(b, s)
	}
	c.end(b)
}

func (c *columns) appendSeries() {
	b := appendArray(c.plain, len(c.series))
	for i := range c.series {
		b = c.series[i].append(b)
	}
	c.end(b)
}

// column appends one entry a record. Its head is a part of its own: a code for
// small numbers takes more room when it has to say that the head's are rare.
func (c *columns) column(entry func(b []byte, i int) []byte) {
	c.end(appendArray(c.plain, len(c.index)))
	b := c.plain
	for i := range c.index {
		b = entry(b, i)
	}
	c.end(b)
}

// end takes over what a part was appended to.
func (c *columns) end(b []byte) { c.plain, c.ends = b, append(c.ends, len(b)) }

// room returns how much memory a decoder will need for the page that append
// returned.
func (c *columns) room() int {
	pairs := 0
	for i := range c.series {
		pairs += len(c.series[i].labels) / 2
	}
	return c.ends[1] - c.ends[0] + len(c.texts)*textRoom + (len(c.series)+len(c.index))*recordRoom + pairs*labelRoom
}

func (s *series) append(b []byte) []byte {
	b = appendArray(b, seriesLen)
	b = appendUint(appendUint(appendUint(b, s.product), s.version), s.metric)
	b = appendUint(b, uint64(s.kind))
	b = appendArray(b, len(s.labels))
	for _, n := range s.labels {
		b = appendUint(b, n)
	}
	return b
}
