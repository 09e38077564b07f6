package console

import (
	"context"
	"errors"
)

// Agent is this appliance's own agent, as far as the console asks it.
type Agent interface {
	// Preview returns what the agent would send now, and sends nothing. The
	// error is [ErrNoAgent] when none runs here.
	Preview(ctx context.Context) (Preview, error)
}

// ErrNoAgent says that no agent runs on this appliance: the page then says how
// to start one.
var ErrNoAgent = errors.New("no agent runs on this appliance")

// Preview is what an agent would send now. It has no place for an installation
// ID, and whoever fills it puts none into another field.
type Preview struct {
	Sends     bool   // false: nothing is sent, and Reason says why
	By        string // the input that decided, as `tacit why` names it, or [ByGrace]
	Reason    string // one sentence of the agent, in English
	Envelopes []Envelope
}

// ByGrace is in [Preview.By] when nothing is sent yet only because the agent is
// in its grace after the first start.
const ByGrace = "grace"

// Kinds of envelopes in a preview.
const (
	KindPage     = "page"     // detailed records, sealed: only who is given the installation ID opens them
	KindFragment = "fragment" // a share of the roll-ups, without any ID
)

// Envelope is the readable content of one envelope.
type Envelope struct {
	Kind    string   // [KindPage] or [KindFragment]
	Day     string   // of a fragment: the day that it counts for, as 2006-01-02
	Release uint32   // of the registry
	Facets  []Field  // of a fragment: what the roll-ups are split by
	First   []string // of a fragment: "today", "this week", "this month", "ever"
	Rows    []Row
}

// Field is one name and its value.
type Field struct{ Name, Value string }

// Row is one record of a page, or one measure of a fragment. A measure has no
// time and no product, and its value is a sum.
type Row struct {
	Time    string // RFC 3339, UTC
	Product string // name and version
	Metric  string
	Labels  string // as a=b, c=d
	Count   uint64 // of a measure: how many records it sums up
	Value   string // as it is sent; of a measure "" for none
}
