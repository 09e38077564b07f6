// Package calendar says which day it is, by a clock that may jump.
//
// A store answers hosts, names days to them, makes and destroys keys, and
// forgets months by the day. A clock that is wrong for a while must not move any
// of it: a host whose batch is answered "expired" keeps it and never sends it
// again, and what is destroyed is gone for good. So the day is not what the
// clock says but a span, [Today], and whoever asks takes the end of it that
// loses nothing. There is one rule, with two levels of proof.
//
// The rule. A clock has a course: at each look it should say what it said at the
// look before and the monotonic time since. One that is at most 36 hours off is
// on its course; that is a sleep, a short stop, or a correction. One that is
// further off is another course, which has to prove itself, and until then today
// lies on one of the two:
//
//   - One that is ahead by at most 400 days is what a stop leaves behind. Today
//     may be any day from the believed one to its day, both included, and what
//     is right under any of them is done at once: a store that was off for three
//     months works from its first second. The same goes for every other course
//     as long as the first one has not run that long: a new machine whose clock
//     is set right a minute later.
//   - One that is further ahead counts only against answers that would be wrong
//     if it were right ([Today.Later]).
//   - One that is behind counts for the earliest day that it may be.
//   - A clock before schema.EarliestClock, as a machine without a battery shows
//     it after its start, says nothing. The believed course goes on.
//
// Proof for answers: the other course was kept for 36 hours of running, over
// restarts too, with stops of at most four days. A look at which the clock is
// back on the first course ends the doubt.
//
// Proof where something is destroyed ([Today.Sure]): the same, and seven days
// when the day is more than 60 days away from the one that was proved before, or
// when none was. So ten years ahead and back destroy nothing, and a clock that
// stays wrong for a week does. Until then the day that was proved before bounds
// the span as well, and refuses nothing with it.
//
// What is believed lies in one small file in the data directory, for its owner
// only: synced when a doubt begins or ends, every hour of running, and at the
// end. Its times are whole hours, so that nothing of an arrival is in it.
// Missing or damaged, the calendar begins with what the clock says, and with no
// proof. When it cannot be written, because the volume is full, what is believed
// stays in memory; a restart then begins with an older file, which is a stop.
//
// A clock that is wrong by less than 36 hours is not told from a sleep. It moves
// the days by as much.
package calendar

import (
	"errors"
	"time"
)

// ErrUnset says that this host's clock was never set and that nothing else says
// which day it is: no store ran here before. Set the clock and start again.
var ErrUnset = errors.New("the clock of this host is not set")

const (
	slack       = 36 * time.Hour       // off the course by no more is on it
	longestStop = 400 * 24 * time.Hour // ahead by no more is what a stop leaves; the longest that pages are kept
	rest        = 4 * 24 * time.Hour   // a stop within a course that has to prove itself
	shortProof  = 36 * time.Hour       // of running
	longProof   = 7 * 24 * time.Hour   // where something is destroyed, for more than shortGap
	shortGap    = 60                   // days

	writeEvery = time.Hour   // of running, without a reason
	writeAgain = time.Minute // at the earliest after the last try
)
