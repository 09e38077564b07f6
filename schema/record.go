package schema

// Record is one thing that happened or holds on a host, as it is spooled and
// as a page carries it: already anonymised, and with nothing that says whose
// it is.
type Record struct {
	// Time is when it happened, in whole Unix seconds, UTC.
	Time int64
	// Product reports it. Its version is part of the name that support reads.
	Product Product
	// Metric is the registered name, such as "os.type".
	Metric string
	// Value is what was measured, in the unit that the registry names.
	Value Value
	// Labels tell more, sorted by name, each registered.
	Labels []Label
	// Count says of how many equal events this is the record, as a histogram
	// has them; at most MaxCount. 0 and 1 both mean one event.
	Count uint32
}

// MaxCount bounds the events that one record may stand for.
const MaxCount = 1_000_000

// Events returns of how many events this is the record: at least one.
func (r *Record) Events() uint32 { return max(r.Count, 1) }

// Product names a product and the version of it that runs.
type Product struct {
	Name    string
	Version string
}

// Label is one named value beside a record's own, or one facet of a roll-up.
type Label struct {
	Name  string
	Value string
}

// Kind says which form a Value has.
type Kind uint8

// The two forms of a value. Numbers are whole: a duration counts
// microseconds, a flag is 0 or 1, a quantity counts its registered unit.
const (
	KindNumber Kind = 1
	KindText   Kind = 2
)

// Value is a number or a text, never both. The zero Value is invalid.
type Value struct {
	Kind   Kind
	Number int64
	Text   string
}

// Number returns a value that is a whole number.
func Number(n int64) Value { return Value{Kind: KindNumber, Number: n} }

// Text returns a value that is a text.
func Text(s string) Value { return Value{Kind: KindText, Text: s} }

// Any returns the value as JSON shows it: an int64 or a string.
func (v Value) Any() any {
	if v.Kind == KindNumber {
		return v.Number
	}
	return v.Text
}
