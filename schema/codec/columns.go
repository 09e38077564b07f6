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

	textAt   map[string]uint64
	seriesAt map[string]uint64 // by the bytes of a series' indexes
	last     int64             // time of the record before
	shared   map[*schema.Label]sharedSeries
	key      []byte   // scratch
	labels   []uint64 // scratch
	plain    []byte   // scratch
	longest  int      // bytes of the longest text so far
	invalid  bool     // a text was not UTF-8
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
	c.index, c.times, c.values = c.index[:0], c.times[:0], c.values[:0]
	c.last, c.longest, c.invalid = 0, 0, false
}

func (c *columns) add(r *schema.Record) error {
	if len(r.Labels) > MaxLabels {
		return fmt.Errorf("%d labels, at most %d", len(r.Labels), MaxLabels)
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

// append returns the page's bytes before compression. They are good until the
// next page.
func (c *columns) append(p *Page) []byte {
	b := appendUint(appendArray(c.plain[:0], pageLen), form)
	b = appendBytes(appendBytes(b, p.Batch[:]), p.Writer[:])
	b = appendUint(appendUint(b, uint64(p.Release)), p.Policy)
	b = appendArray(b, len(c.texts))
	for _, s := range c.texts {
		b = appendText(b, s)
	}
	b = appendArray(b, len(c.series))
	for i := range c.series {
		b = c.series[i].append(b)
	}
	b = appendArray(b, len(c.index))
	for _, n := range c.index {
		b = appendUint(b, n)
	}
	b = appendArray(b, len(c.times))
	for _, n := range c.times {
		b = appendInt(b, n)
	}
	b = appendArray(b, len(c.values))
	for _, n := range c.values {
		b = appendInt(b, n)
	}
	c.plain = b
	return b
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
