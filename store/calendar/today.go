package calendar

import "github.com/tacit-telemetry/tacit/schema"

// Today is which day it is, as far as that can be said: one from First to Last,
// both included, which are the same while nothing is in doubt. Who answers takes
// what is within the reach of any of these days, and refuses only what all of
// them refuse.
type Today struct {
	First, Last schema.Day
	// Day is the likeliest of them, for what nothing depends on: what is shown,
	// and what is made anew.
	Day schema.Day
	// Sure is the day that may be acted on where something is destroyed, never
	// later than First. 0: none is proved yet, and nothing may be destroyed.
	Sure schema.Day
	// Certain says that a day may be named to others and will hold.
	Certain bool
	// Later says that it may even be later than Last: the clock says so, or
	// says nothing. Then what is dated later cannot be answered.
	Later bool
	// Doubt says that the clock is most likely wrong and somebody should look:
	// it is neither on its course nor where a stop would have left it.
	Doubt bool
}

// On returns the day d when nothing is in doubt, proved on every level.
func On(d schema.Day) Today { return Today{First: d, Last: d, Day: d, Sure: d, Certain: true} }
