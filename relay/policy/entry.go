package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// line is an entry as JSON writes it.
type line struct {
	durable.Link
	Time     time.Time    `json:"time,omitzero"`
	Act      string       `json:"act"`
	By       string       `json:"by,omitempty"`
	Revision uint64       `json:"revision,omitempty"`
	CEIP     word         `json:"ceip,omitempty"`
	CSP      word         `json:"csp,omitempty"`
	Level    schema.Level `json:"level,omitempty"`
	Release  uint32       `json:"release,omitempty"`
}

// word is a switch in JSON.
type word string

var words = map[wire.Switch]word{wire.SwitchOn: "on", wire.SwitchOff: "off", wire.Held: "held"}

// read returns the switch; false when it is none of the words.
func (w word) read() (wire.Switch, bool) {
	for s, known := range words {
		if known == w {
			return s, true
		}
	}
	return wire.Held, false
}

// MarshalJSON writes the entry with its switches as words; a note without
// settings.
func (e Entry) MarshalJSON() ([]byte, error) {
	l := line{Link: e.Link, Time: e.Time, Act: e.Act, By: e.By}
	if e.decides() {
		l.Revision, l.CEIP, l.CSP, l.Level, l.Release = e.Revision, words[e.CEIP], words[e.CSP], e.Level, e.Release
	}
	return json.Marshal(l)
}

// UnmarshalJSON reads what MarshalJSON writes and refuses what no release wrote.
// Keys that it does not know pass: a later release may have written them.
func (e *Entry) UnmarshalJSON(b []byte) error {
	var l line
	if err := json.Unmarshal(b, &l); err != nil {
		return errors.New("it is no entry")
	}
	read := Entry{Link: l.Link, Time: l.Time.UTC(), Act: l.Act, By: l.By, Revision: l.Revision, Release: l.Release}
	read.Level = l.Level
	if !read.Time.IsZero() && !counts(read.Time) {
		return errors.New("its time is none that a clock shows")
	}
	if err := checkName("act", l.Act, maxAct); err != nil {
		return err
	}
	if !read.decides() {
		*e = read
		return l.checkNote()
	}
	var ceip, csp bool
	read.CEIP, ceip = l.CEIP.read()
	read.CSP, csp = l.CSP.read()
	if !ceip || !csp {
		return errors.New("a switch of it is none of on, off and held")
	}
	*e = read
	return read.check()
}

// counts says whether a time is one of a clock that was set, and one that JSON
// can write.
func counts(t time.Time) bool { return !t.Before(schema.EarliestClock) && t.Year() <= 9999 }

// checkNote refuses settings under an act that is not known here: they cannot
// be passed over.
func (l line) checkNote() error {
	if l.Revision != 0 || l.CEIP != "" || l.CSP != "" || l.Level != "" || l.Release != 0 {
		return errors.New("it has settings, and its act is not known here")
	}
	return checkBy(l.By)
}

func checkBy(by string) error {
	if by == "" {
		return nil
	}
	return checkName("account", by, maxBy)
}

// check refuses settings that their act cannot have.
func (e Entry) check() error {
	level := e.Level == schema.Standard || e.Level == schema.Enhanced
	if e.Revision == 0 || e.Revision > maxRevision || !level {
		return errors.New("its settings are none")
	}
	switch e.Act {
	case ActDecided:
		return errors.Join(checkSaved(e.Settings), checkName("account", e.By, maxBy))
	case ActAnew:
		if e.CEIP != wire.Held || e.CSP != wire.Held {
			return fmt.Errorf("it %s with a switch that is not held", ActAnew)
		}
	}
	return checkBy(e.By)
}

// maxRevision bounds revisions to what every reader of JSON holds exactly.
const maxRevision = 1 << 53
