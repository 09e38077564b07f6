package audit

import (
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Act is what somebody did.
type Act string

// What is noted with ticket and reason.
const (
	Opened   Act = "open"    // one installation's history
	Again    Act = "refresh" // the same history, while it is open
	Exported Act = "export"  // everything held, as a file for the user
	Erased   Act = "erase"   // everything held
	Account  Act = "account" // of the desk: What says which
	Outcome  Act = "outcome" // of the entry For: What says how it ended
	Anew     Act = "new log" // a log before this one is gone or was moved away
)

// Ends says whether an act has an outcome.
func (a Act) Ends() bool { return a == Opened || a == Again || a == Exported || a == Erased }

// How something ended.
const (
	Found   = "found"
	Nothing = "nothing" // found
	Partly  = "partly"  // found: months could not be read
	Failed  = "failed"
	Done    = "done"
)

// From is where somebody acted.
type From string

// The ways in.
const (
	Desk    From = "desk"
	Command From = "command"
	NATS    From = "nats" // tacit lookup --credential, on a machine of its own
)

// Entry is one line of the log.
type Entry struct {
	durable.Link
	Time   time.Time `json:"time"`             // UTC, by this host's clock
	By     string    `json:"by"`               // account of the desk, user of the host, or engineer by name
	From   From      `json:"from,omitempty"`   // "": the log itself
	Act    Act       `json:"act"`              //
	What   string    `json:"what,omitempty"`   // of an account or an outcome, in fixed words
	Of     string    `json:"of,omitempty"`     // account that something was done to
	Ticket string    `json:"ticket,omitempty"` //
	Reason string    `json:"reason,omitempty"` //
	For    int       `json:"for,omitempty"`    // number of the entry whose outcome this is
}

// parseEntry reads a line strictly.
func parseEntry(line []byte) (Entry, error) {
	var e Entry
	d := json.NewDecoder(strings.NewReader(string(line)))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || e.Act == "" {
		return e, errors.New("it is no entry")
	}
	return e, nil
}

// clean makes one line of a text, without what a terminal would act on, and cuts
// it at a number of bytes.
func clean(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case !unicode.IsPrint(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	for len(text) > most {
		_, size := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-size]
	}
	return text
}
