package codec

import (
	"fmt"
	"math"

	"github.com/tacit-telemetry/tacit/schema"
)

// Table is a page as it is written: what its records have in common stands once,
// and a record is read when its turn comes. Who reads a million of them needs no
// room for each. The zero Table is ready to open a page, and then another.
type Table struct {
	Page // without Records

	// Series are what records have in common: all but time, value and count. Of the
	// value it is the kind.
	Series []schema.Record

	plain []byte // decompressed; used again for the next page
	texts []string
	rows  int
	// The columns, each from its first row.
	kinds, times, values, counts reader
	counted                      bool
}

// Row is what a record has for itself.
type Row struct {
	Time  int64
	Value schema.Value
	Count uint32
}

// Open reads a page up to its records, in place of what was open before, and checks
// the form of that. Of the page before, texts and labels stay good. Errors wrap
// [ErrForm].
func (t *Table) Open(b []byte) error {
	plain, err := decompress(t.plain, b, MaxPlain)
	if err != nil {
		return fmt.Errorf("open table: %w", err)
	}
	r := reader{rest: plain, room: maxRoom}
	*t = Table{plain: plain, counted: r.oneOf(pageLen)}
	t.Page = Page{
		Batch: r.id(), Writer: r.id(), Release: schema.Release(r.uint(math.MaxUint32)), Policy: r.uint(math.MaxUint64),
	}
	t.texts = r.texts()
	t.Series = r.allSeries(t.texts)
	t.rows = r.array(MaxRecords)
	if len(t.Series) > t.rows || !r.takes(t.rows*recordRoom) {
		r.bad = true
	}
	t.kinds = r.column(t.rows)
	for _, c := range []*reader{&t.times, &t.values} {
		r.tuple(uint64(t.rows))
		*c = r.column(t.rows)
	}
	if t.counted {
		r.tuple(uint64(t.rows))
		t.counts = r.column(t.rows)
	}
	if !r.end() {
		return fmt.Errorf("open table: %w", ErrForm)
	}
	return nil
}

// column returns a reader of n numbers, and passes over them. What they are is
// seen when they are read.
func (r *reader) column(n int) reader {
	of, rest := *r, r.rest
	for range n {
		if len(rest) == 0 {
			r.bad = true
			break
		}
		size := 1
		if short := rest[0] & 31; short >= 24 {
			size += 1 << min(short-24, 4)
		}
		if size > len(rest) {
			r.bad = true
			break
		}
		rest = rest[size:]
	}
	r.rest = rest
	return of
}

// Len returns how many records the page has.
func (t *Table) Len() int { return t.rows }

// Each calls do for each record in order, with the index of its series. When one
// does not have the form it ends there, and its error wraps [ErrForm]. It may be
// called again.
func (t *Table) Each(do func(series int, row Row)) error {
	kinds, times, values, counts := t.kinds, t.times, t.values, t.counts
	several := !t.counted // form 2 has one record of several events at least
	var row Row
	for range t.rows {
		kind := kinds.head(majorUint)
		if kind >= uint64(len(t.Series)) {
			return fmt.Errorf("read records: %w", ErrForm)
		}
		row.Time += times.int()
		row.Value = schema.Value{Kind: t.Series[kind].Value.Kind}
		if row.Value.Kind == schema.KindNumber {
			row.Value.Number = values.int()
		} else {
			row.Value.Text = values.at(t.texts)
		}
		if t.counted {
			row.Count = counts.count()
			several = several || row.Count > 0
		}
		if kinds.bad || times.bad || values.bad || counts.bad {
			return fmt.Errorf("read records: %w", ErrForm)
		}
		do(int(kind), row)
	}
	if !several {
		return fmt.Errorf("read records: %w", ErrForm)
	}
	return nil
}
