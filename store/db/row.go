package db

import (
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
)

// Half is one of the two parts of a month. They are forgotten at different
// times: pages after the retention, sums after 25 months.
type Half byte

// The halves.
const (
	PagesHalf Half = 'p'
	SumsHalf  Half = 's'
)

// halves are all there are, in the order in which they are reported.
var halves = [...]Half{PagesHalf, SumsHalf}

// String returns the name that the half has on disk and in messages.
func (h Half) String() string {
	switch h {
	case PagesHalf:
		return "pages"
	case SumsHalf:
		return "sums"
	}
	return fmt.Sprintf("half %q", byte(h))
}

// Table is the first byte of a row.
type Table byte

// The tables.
const (
	Pages         Table = 'p' // pages half: sealed pages
	PageBatches   Table = 'b' // pages half: batch ID of a page → keyed hash of the payload, [MonthKeys.Known] or [MonthKeys.PutOff]
	Measures      Table = 'm' // sums half: what a metric adds up to
	Installations Table = 'i' // sums half: how many installations
	SumBatches    Table = 'f' // sums half: batch ID of a fragment → keyed hash of the payload, likewise
)

// Half returns the half that the table lies in, 0 for a byte that names no
// table.
func (t Table) Half() Half {
	switch t {
	case Pages, PageBatches:
		return PagesHalf
	case Measures, Installations, SumBatches:
		return SumsHalf
	}
	return 0
}

// changes says whether the values of the table's rows are merged over and over.
func (t Table) changes() bool { return t == Measures || t == Installations }

// Merge joins a row's value with what is added to it. It must be associative
// and commutative. old is nil when there is no such row yet.
type Merge func(old, added []byte) ([]byte, error)

// Row is one row to write.
type Row struct {
	Table Table
	Key   []byte // without the table byte
	Value []byte
	Merge Merge // for Measures and Installations, which have no other rows; nil for all others
}

// Batch is what must be written together or not at all. All its rows lie in
// one half.
type Batch []Row

// Group is what one month is given at a time.
type Group struct {
	Month   schema.Month
	Batches []Batch
}

// Whole is a row as it lies on disk: its key begins with the table byte.
type Whole struct {
	Key, Value []byte
}

// half returns the half that the batch lies in.
func (b Batch) half() (Half, error) {
	if len(b) == 0 {
		return 0, fmt.Errorf("a batch without rows")
	}
	h := b[0].Table.Half()
	for i := range b {
		if t := b[i].Table; t.Half() != h || h == 0 {
			return 0, fmt.Errorf("a batch with a row of table %q, which does not lie in its half", byte(t))
		}
	}
	return h, nil
}

// bytes returns the row's whole key, as it lies on disk.
func (r *Row) bytes() []byte { return rowKey(r.Table, r.Key) }

func rowKey(t Table, key []byte) []byte {
	return append(append(make([]byte, 0, 1+len(key)), byte(t)), key...)
}
