package pages

import (
	"encoding/binary"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

// DayOf returns the day of the page whose row has that key, or false when no
// row of a page has such a key.
func DayOf(key []byte) (schema.Day, bool) {
	if len(key) != prefixLen+len(schema.BatchID{}) {
		return 0, false
	}
	return schema.Day(binary.BigEndian.Uint32(key[prefixLen-4:])), true
}

// BuildOf returns what made the page that a row keeps, which stays sealed, or
// false when the row is damaged. keys are those of the month of its day.
func BuildOf(keys db.MonthKeys, key, value []byte) (page.Build, bool) {
	p, err := unwrap(keys, page.Tag{}, 0, key, value)
	return p.Build, err == nil
}
