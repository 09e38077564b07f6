package lookup

import (
	"github.com/tacit-telemetry/tacit/schema"
)

// Record is one record of a history.
type Record struct {
	*Series
	Time  int64 // in whole Unix seconds, UTC
	Value schema.Value
	Count uint32 // of how many equal events; 0 and 1 both mean one
}

// Series is what records of one page have in common, and what the registry says of
// them. A history of a million records has some thousands.
type Series struct {
	Product     schema.Product
	Metric      string
	Labels      []schema.Label // sorted by name
	Category    schema.Category
	Unit        string // of a number; empty for texts and plain counts
	OtherWriter bool   // of another writer than the newest page

	noted bool // the latest record of it was looked at
}

// Events returns of how many events this is the record: at least one.
func (r *Record) Events() uint32 { return max(r.Count, 1) }
