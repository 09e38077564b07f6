package pages

import (
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

// BuildOf returns what made the page that a row keeps, and the day of its first
// sending, or false when the row is damaged. The page stays sealed. keys are
// those of the month of its day.
func BuildOf(keys db.MonthKeys, key, value []byte) (page.Build, schema.Day, bool) {
	p, ok := outside(keys, key, value)
	return p.Build, p.Day, ok
}
