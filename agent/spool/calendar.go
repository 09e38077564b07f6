package spool

import "time"

// calendar tells the time without the leaps of this host's clock.
type calendar struct {
	wall  func() time.Time
	last  time.Time // what it told last; zero: nothing yet
	since time.Time // the same moment, which no setting of the clock moves
}

// leap is longer than a host is switched off, and than any retention: a clock
// that is further away than that from where it should be was set wrong.
const leap = 400 * 24 * time.Hour

// now returns the time by this host's clock, unless it leapt: then what has
// passed since is what the process saw pass, and nothing while it was not
// running.
func (c *calendar) now() time.Time {
	now := c.wall().Round(0)
	if !c.last.IsZero() {
		if due := c.last.Add(time.Since(c.since)); now.Sub(due).Abs() > leap {
			now = due
		}
	}
	c.last, c.since = now, time.Now()
	return now
}
