package policy

import (
	"fmt"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Settings is what an administrator decides. In JSON its switches are the words
// on, off and held.
type Settings struct {
	CEIP  wire.Switch  // programme ceip
	CSP   wire.Switch  // programme csp
	Level schema.Level // the most that the site allows
}

// What an entry tells. Default, Decided and Anew carry settings, and the last
// of them is the policy; everything else is a note.
const (
	ActDefault = "default"           // no administrator decided: what the programmes' defaults are
	ActDecided = "decided"           // an administrator saved settings
	ActAnew    = "began anew"        // the record before was damaged: everything is held
	ActWitness = "witness made anew" // a note: whoever put an older record back meanwhile went unnoticed
)

// Entry is one line of the history. A note has no settings: its Revision is 0.
type Entry struct {
	durable.Link
	Time     time.Time // whole seconds; zero when the clock was never set
	Act      string    // one of the acts above, or a note of at most 64 bytes
	By       string    // account, at most 256 bytes; "" when nobody did it
	Revision uint64    // higher than that of every entry with settings before
	Settings
	Release uint32 // of the registry, that the settings cover
}

// decides says whether the entry carries settings.
func (e Entry) decides() bool { return e.Act == ActDefault || e.Act == ActDecided || e.Act == ActAnew }

// wire returns the entry as the policy that agents are told.
func (e Entry) wire() wire.Policy {
	return wire.Policy{
		Revision: e.Revision, Since: e.Time, Decided: e.Act == ActDecided,
		CEIP: e.CEIP, CSP: e.CSP, Level: e.Level, Release: e.Release,
	}
}

// Bounds in bytes. That of an account is for the longest name that a console
// takes, 64 letters of any language: who has one must be able to refuse.
const (
	maxAct = 64
	maxBy  = 256
)

// checkName refuses what would not stand well in one line of a table. It does
// not repeat the name.
func checkName(what, s string, most int) error {
	printable := utf8.ValidString(s)
	for _, r := range s {
		printable = printable && unicode.IsPrint(r)
	}
	if s == "" || len(s) > most || !printable {
		return fmt.Errorf("%s of %d bytes: want one line of 1 to %d printable bytes", what, len(s), most)
	}
	return nil
}

// checkSaved refuses settings that nobody can decide.
func checkSaved(s Settings) error {
	for _, v := range []struct {
		name schema.Programme
		is   wire.Switch
	}{{schema.CEIP, s.CEIP}, {schema.CSP, s.CSP}} {
		if v.is != wire.SwitchOn && v.is != wire.SwitchOff {
			return fmt.Errorf("programme %s: want on or off", v.name)
		}
	}
	if s.Level != schema.Standard && s.Level != schema.Enhanced {
		return fmt.Errorf("level: want %s or %s", schema.Standard, schema.Enhanced)
	}
	return nil
}
