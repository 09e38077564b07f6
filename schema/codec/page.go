package codec

import (
	"fmt"

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

// page is Page on the wire: what repeats once, and columns.
type page struct {
	_       struct{} `cbor:",toarray"`
	Form    uint8
	Batch   []byte
	Writer  []byte
	Release schema.Release
	Policy  uint64
	Texts   []string
	Series  []series
	Index   []uint64 // of each record: its series
	Times   []int64  // of each record: seconds, as difference
	Values  []int64  // of each record: number, or index of text
}

// series is what records of one kind have in common. Fields index Texts.
type series struct {
	_       struct{} `cbor:",toarray"`
	Product uint64
	Version uint64
	Metric  uint64
	Kind    schema.Kind
	Labels  []uint64 // name, value, name, value...
}

// EncodePage returns the page's bytes, compressed. Records keep their order.
func EncodePage(p Page) ([]byte, error) {
	if len(p.Records) > MaxRecords {
		return nil, fmt.Errorf("encode page: %d records, at most %d", len(p.Records), MaxRecords)
	}
	w := newColumns(p)
	for i := range p.Records {
		if err := w.add(&p.Records[i]); err != nil {
			return nil, fmt.Errorf("encode page: record %d: %w", i, err)
		}
	}
	plain, err := encMode.Marshal(w.page)
	if err != nil {
		return nil, fmt.Errorf("encode page: %w", err)
	}
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
	var w page
	if err := unmarshal(plain, &w); err != nil {
		return Page{}, fmt.Errorf("decode page: %w", err)
	}
	p, err := w.open()
	if err != nil {
		return Page{}, fmt.Errorf("decode page: %w", err)
	}
	return p, nil
}
