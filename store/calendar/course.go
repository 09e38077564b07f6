package calendar

import (
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// course is what is believed of the clock and what is not yet: the rule of this
// package. It does not read a clock itself.
type course struct {
	believed time.Time     // what the clock said at the last look, or would have said on its course
	ran      time.Duration // how long it has kept it; longProof at most
	sure     schema.Day    // the day that was proved last where something is destroyed; 0: none

	other    time.Time     // what a clock says that left its course; zero: it did not
	otherRan time.Duration // how long it has kept that
	likely   bool          // it is where a stop would have left it

	unset bool // the clock says nothing
}

// look takes what the clock says, and how much monotonic time has passed since
// the look before.
func (c *course) look(wall time.Time, passed time.Duration) {
	c.believed = c.believed.Add(passed)
	if c.unset = !possible(wall); c.unset {
		return
	}
	if wall.Sub(c.believed).Abs() <= slack {
		c.believed, c.ran = wall, min(c.ran+passed, longProof)
		c.settle()
	} else {
		c.leave(wall, passed)
	}
	c.prove()
}

// leave follows a clock that is off its course.
func (c *course) leave(wall time.Time, passed time.Duration) {
	stop := wall.Sub(c.other.Add(passed))
	if goesOn := !c.other.IsZero() && stop >= -slack && stop <= rest; goesOn {
		c.otherRan += passed
	} else {
		c.otherRan = 0
	}
	c.likely = c.isLikely(wall)
	c.other = wall
	if c.otherRan >= shortProof {
		c.believe()
	}
}

// believe takes the other course for the right one. Where it is not far away,
// what the first one has run counts on: weekends would take it away otherwise.
func (c *course) believe() {
	ran := c.otherRan
	if c.other.Sub(c.believed).Abs() <= shortGap*24*time.Hour {
		ran += c.ran
	}
	c.believed, c.ran = c.other, min(ran, longProof)
	c.settle()
}

// isLikely says whether the clock is where a stop would have left it, or several
// in a row. Before the first course has proved itself every other is as likely.
func (c *course) isLikely(wall time.Time) bool {
	if c.ran < shortProof {
		return true
	}
	from := c.believed
	if c.likely && c.other.After(from) {
		from = c.other
	}
	return wall.After(c.believed) && wall.Sub(from) <= longestStop
}

// settle ends the doubt.
func (c *course) settle() { c.other, c.otherRan, c.likely = time.Time{}, 0, false }

// prove moves the day by which things are destroyed.
func (c *course) prove() {
	day, need := schema.DayOf(c.believed), longProof
	if c.sure > 0 && max(day, c.sure)-min(day, c.sure) <= shortGap {
		need = shortProof
	}
	if c.other.IsZero() && c.ran >= need {
		c.sure = day
	}
}

// today says which day it is.
func (c *course) today() Today {
	day := schema.DayOf(c.believed)
	t := Today{First: day, Last: day, Day: day, Later: c.unset, Doubt: c.unset}
	if !c.other.IsZero() {
		t.add(schema.DayOf(c.other), c.likely)
	}
	if c.sure > 0 {
		t.First, t.Last = min(t.First, c.sure), max(t.Last, c.sure)
	}
	t.Sure = min(c.sure, t.First)
	t.Certain = c.other.IsZero() && !c.unset && t.Last-t.First <= shortGap
	return t
}

// add widens the span by the day of another course.
func (t *Today) add(other schema.Day, likely bool) {
	t.First = min(t.First, other)
	switch {
	case likely:
		t.Last, t.Day = max(t.Last, other), other
	default:
		t.Later = t.Later || other > t.Last
		t.Doubt = true
	}
}

// possible says whether a clock was ever set, and by somebody sober.
func possible(wall time.Time) bool { return !wall.Before(schema.EarliestClock) && wall.Year() <= 9999 }
