package ingest

import (
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// How a jump of the clock comes to be believed.
const (
	sureAfter = 24 * time.Hour // monotonic, in one process
	sureDays  = 2              // of the clock, over restarts
	maxDrift  = 60             // days that the clock may move meanwhile
)

// calendar says which day it is, by a clock that may jump. A day that follows
// the last one is believed at once, and so is a later one when as many days
// went by on the monotonic clock. Every other day is a jump: after a long stop,
// or of a clock that is wrong for a moment. It is believed when the clock has
// stood by it for a day without a look in between that contradicts; over
// restarts, which the monotonic clock does not outlive, when the clock itself
// has moved on by two days.
type calendar struct {
	day   schema.Day    // the last that was believed
	since time.Duration // monotonic time when it was

	doubt   schema.Day    // the first look of a jump; 0: there is none
	seen    time.Duration // monotonic time of that look
	earlier bool          // that look was an earlier process's
}

// look takes the day that the clock says.
func (c *calendar) look(today schema.Day, mono time.Duration) {
	passed := schema.Day((mono-c.since)/(24*time.Hour)) + 1
	switch {
	case today+1 == c.day || today == c.day: // a clock that was set right by a little
		c.doubt = 0
	case today > c.day && today-c.day <= passed, c.stood(today, mono):
		*c = calendar{day: today, since: mono}
	case c.doubt == 0 || today < c.doubt || today-c.doubt > maxDrift:
		c.doubt, c.seen, c.earlier = max(today, 1), mono, false
	}
}

// stood says whether the clock has stood by a jump for long enough.
func (c *calendar) stood(today schema.Day, mono time.Duration) bool {
	switch {
	case c.doubt == 0 || today < c.doubt || today-c.doubt > maxDrift:
		return false
	case c.earlier:
		return today-c.doubt >= sureDays
	}
	return mono-c.seen >= sureAfter
}
