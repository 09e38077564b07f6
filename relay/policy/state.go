package policy

import (
	"errors"
	"fmt"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Cause is a fixed word for why the policy holds, for whoever translates.
type Cause string

// The causes.
const (
	CauseNone      Cause = ""           // it does not hold
	CauseAsks      Cause = "asks"       // a programme asks first, and no administrator decided yet: no trouble
	CauseMissing   Cause = "missing"    // the record is gone
	CauseDamaged   Cause = "damaged"    // a line of the record was changed, added or taken out; see Line
	CauseBehind    Cause = "behind"     // the record is older than its witness says: a backup was put back
	CauseUnread    Cause = "unreadable" // the record is there and cannot be read
	CauseWitness   Cause = "witness"    // the witness is damaged or cannot be read, so nobody can tell whether the record is whole
	CauseAnew      Cause = "anew"       // a damaged record was set aside, and no administrator decided since
	CauseUnwritten Cause = "unwritten"  // the first entry could not be written yet
	CauseUnsaved   Cause = "unsaved"    // a refusal could not be written, and holds until this process ends
)

// State is the policy and how it stands.
type State struct {
	// Policy is what agents are told and the gate obeys. While Trouble is not
	// empty, its switches are held and its revision is the highest that is
	// known.
	Policy wire.Policy
	// Last is the entry that is the policy: the last with settings that can be
	// read; zero when there is none. While Trouble is not empty it does not
	// count.
	Last Entry
	// Cause says in a fixed word why it holds.
	Cause Cause
	// Line is the line of the file that is damaged, counted from 1; 0 when it
	// is not about a line.
	Line int
	// Trouble says in a sentence why it holds because something is damaged; ""
	// when nothing is. Fix says what to do.
	Trouble, Fix string
	// Waits says in a sentence that a programme asks first and waits for an
	// administrator; "" when none does.
	Waits string
	// Warning says what does not hold but should be looked after: the witness
	// cannot be written. "" when all is well.
	Warning string
}

// stateOf says what a reading means.
func (p *Policy) stateOf(r *reading, c Cause) State {
	s := State{Last: r.last, Cause: c, Policy: r.last.wire()}
	if c != CauseNone {
		s.Policy = wire.Policy{Revision: p.known(r), Level: schema.Standard}
		s.Line = r.line(c, p.seen)
		s.Trouble, s.Fix = r.trouble(c, s.Line)
	}
	if c == CauseUnwritten {
		s.Trouble, s.Fix = p.unwritten()
	}
	if c == CauseNone && s.Last.Act == ActDefault && (s.Policy.CEIP == wire.Held || s.Policy.CSP == wire.Held) {
		s.Cause, s.Waits = CauseAsks, "A programme asks first, and no administrator has decided yet."
	}
	if p.witnessErr != nil {
		s.Warning = "The witness outside the data directory cannot be written: a restored backup would go unnoticed."
	}
	p.holdRefused(&s)
	return s
}

// unwritten says why the first entry is not written.
func (p *Policy) unwritten() (trouble, fix string) {
	why := errors.New("another process is writing it")
	if p.writeErr != nil {
		why = p.writeErr
	}
	return fmt.Sprintf("The site's policy cannot be written: %v.", why), "Free space on the disk, or let the relay's user write its data directory; it is tried again by itself."
}

// holdRefused holds the programmes that somebody refused and no disk took.
func (p *Policy) holdRefused(s *State) {
	held := false
	for _, v := range []struct {
		refused wire.Switch
		is      *wire.Switch
	}{{p.refused.CEIP, &s.Policy.CEIP}, {p.refused.CSP, &s.Policy.CSP}} {
		if v.refused == wire.SwitchOff && *v.is == wire.SwitchOn {
			*v.is, held = wire.Held, true
		}
	}
	if held {
		s.Cause = CauseUnsaved
		s.Trouble = "A refusal could not be written to the disk; it holds until the relay stops."
		s.Fix = "Free space on the disk, or let the relay's user write its data directory and the witness's, and save again."
	}
}
