// Package local is the agent's API on its own host: HTTP and JSON over a Unix
// socket, or over loopback with a token file where there is none. Products
// report through it, and commands and consoles ask it.
//
//	POST /v1/records        what a product reports       {"product":{"name","version"},"records":[{"metric","time","value","labels","count"}]}
//	POST /v1/never          values that must never leave {"values":[…]}; kept in memory only
//	GET  /v1/installation   the installation ID, for Help → About
//	POST /v1/installation/reset  become another installation
//	POST /v1/erase          have the store erase this installation's pages, and become another one
//	GET  /v1/erase          how far the last erasure is
//	POST /v1/support        {"days":7}: a code that opens the last days for support
//	POST /v1/support/revoke revoke all codes that live
//	POST /v1/lookups        {"days":7}: who opened this history, asked of the store now
//	POST /v1/debug          {"minutes":60}: more detail, more often, until then; 0 ends it
//	GET  /v1/why            does this host take part, and who decided
//	POST /v1/participation  {"on":true|false,"purge":true|false}: this host's own refusal
//	GET  /v1/preview        what would be sent now; sends nothing
//	POST /v1/send           send now
//	GET  /v1/outbox         what was sent; /v1/outbox/N one of it; /v1/outbox/verify the proof of all
//	GET  /v1/status         counts: spool, refusals
//	GET  /v1/openapi.yaml   all of this for programs of any language
//
// A record is answered "accepted" only when it is on disk, and "dropped" with
// a fixed reason otherwise. Bad input is answered 400 with an error that names
// the field or the byte, and a hint; then nothing of the request was taken. A
// time that cannot be is replaced by the agent's. A spool that cannot write is
// answered 503: offer the records again. What was sent is taken although its
// sender has ended. Nothing of a request is logged.
//
// Everything is bounded, and what is beyond it is answered 429 or 503 with
// Retry-After, and counted in the status. A caller is the process at the other
// end of a Unix socket, else a connection.
//
//	a request     1 MiB, 1,000 records, 10 seconds to arrive
//	a caller      2 MiB a second, 16 MiB at once; 64 connections; 2 MiB of bodies under way
//	a product     2 MiB a second, 16 MiB at once, whatever its processes
//	all           512 connections, 4 MiB of bodies under way
//
// So one that floods, or starts again and again, does not hurt the others. It is
// no defence against a user of the host who means harm: on loopback, where the
// kernel does not say who calls, each new connection is another caller.
//
// What runs in a browser reports through its own server, which asks here: there
// is no cookie, and no way for a web page to call this. The folder examples has
// a product's side in Python and in JavaScript.
package local

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/schema"
)

// Bounds of a request.
const (
	MaxBody    = 1 << 20 // bytes
	MaxRecords = 1000
	MaxValues  = 10_000 // of /v1/never
)

// Records is the request of /v1/records.
type Records struct {
	Product Product  `json:"product"`
	Quiet   bool     `json:"quiet,omitempty"` // no reason for an envelope of its own
	Records []Record `json:"records"`
}

// Product names the reporting product.
type Product struct {
	Name    string `json:"name"`
	Version string `json:"version"`
}

// Record is one record as a product offers it, or as a page shows it.
type Record struct {
	Metric string            `json:"metric"`
	Time   int64             `json:"time,omitempty"` // Unix seconds; 0: now
	Value  Value             `json:"value"`
	Labels map[string]string `json:"labels,omitempty"`
	// Count is how many equal events this is, at most 1,000,000, for durations:
	// one bucket of a histogram. 0: one.
	Count uint32 `json:"count,omitempty"`
}

// Value is a whole number, a text, or true and false for 1 and 0.
type Value struct{ schema.Value }

// ErrValue says that a value is neither of the three.
var ErrValue = errors.New("value must be a whole number, a text, true or false")

// UnmarshalJSON reads a value.
func (v *Value) UnmarshalJSON(b []byte) error {
	var (
		n int64
		s string
		y bool
	)
	switch {
	case string(b) == "null":
		return ErrValue // encoding/json would leave the zero value
	case json.Unmarshal(b, &n) == nil:
		v.Value = schema.Number(n)
	case json.Unmarshal(b, &s) == nil:
		v.Value = schema.Text(s)
	case json.Unmarshal(b, &y) == nil:
		v.Value = schema.Number(0)
		if y {
			v.Value = schema.Number(1)
		}
	default:
		return ErrValue
	}
	return nil
}

// MarshalJSON writes a value.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.Any()) }

// Results is the answer of /v1/records: one result a record, in order.
type Results struct {
	Results []Result `json:"results"`
}

// Result says what became of one record.
type Result struct {
	Status string `json:"status"`           // "accepted" or "dropped"
	Reason string `json:"reason,omitempty"` // of a drop
}

// Statuses of a result.
const (
	Accepted = "accepted"
	Dropped  = "dropped"
)

// Installation is the answer of /v1/installation.
type Installation struct {
	ID     string `json:"installation_id"`
	Spoken string `json:"spoken"`
}

// Reset is the answer of /v1/installation/reset.
type Reset struct {
	Installation           // the new one
	Dropped      int       `json:"records_dropped"` // that were taken and not sent
	At           time.Time `json:"at"`
}

// States of an erasure.
const (
	ErasureNone     = "none"      // none was ever ordered
	ErasureUnderWay = "under way" // the store has not confirmed all of it
	ErasureDone     = "done"
)

// Erasure is the answer of /v1/erase: the receipt.
type Erasure struct {
	State     string         `json:"state"`
	Ordered   time.Time      `json:"ordered,omitzero"`
	Finished  time.Time      `json:"finished,omitzero"`
	Envelopes int            `json:"envelopes"`         // that it takes
	Confirmed int            `json:"confirmed"`         // by the store's unforgeable reply
	Refused   map[string]int `json:"refused,omitempty"` // by the store for good, by status
	Pages     int            `json:"pages_erased"`      // by the store's word
	// Open is how many pages were named that were not there and are kept if they
	// come: the store has no room to note them.
	Open int `json:"pages_open,omitempty"`
	// ForgottenBy is the day by which the brokers have forgotten too, as
	// 2026-11-24.
	ForgottenBy string `json:"brokers_forget_by,omitempty"`
	Reason      string `json:"reason,omitempty"` // why it is not done yet
	// Of the order itself, in the answer to it: what was taken and not sent, and
	// the installation that this host is now.
	Dropped      int           `json:"records_dropped,omitempty"`
	Installation *Installation `json:"installation,omitempty"`
}

// SupportOrder is the request of /v1/support.
type SupportOrder struct {
	Days int `json:"days"` // required; up to today that the code opens, at most 30; 0: 7
}

// SupportCode is the answer of /v1/support. Who has the code opens these days of
// this installation's history until it ends, and leaves a note each time.
type SupportCode struct {
	Code      string    `json:"code"` // to be read out
	Days      int       `json:"days"`
	Until     time.Time `json:"until"`
	Confirmed bool      `json:"confirmed"`        // by the store: it opens now
	Reason    string    `json:"reason,omitempty"` // why not yet
}

// Revoked is the answer of /v1/support/revoke.
type Revoked struct {
	Revoked   int    `json:"revoked"`          // codes, by the store's word
	Confirmed bool   `json:"confirmed"`        // no code lives any more
	Reason    string `json:"reason,omitempty"` // why not yet
}

// LookupsOrder is the request of /v1/lookups.
type LookupsOrder struct {
	Days int `json:"days"` // required; up to today, at most 30; 0: 7
}

// What a history was opened with.
const (
	ByID   = "id"
	ByCode = "code"
)

// Lookup is one opening of this installation's history.
type Lookup struct {
	At     time.Time `json:"at"` // to the minute, by the clock of who opened it
	Ticket string    `json:"ticket,omitempty"`
	By     string    `json:"by"` // "id" or "code"
}

// Lookups is the answer of /v1/lookups.
type Lookups struct {
	Lookups []Lookup `json:"lookups"`          // in the order of time
	More    int      `json:"more,omitempty"`   // notes of a day beyond the newest 50
	Unread  []string `json:"unread_days"`      // of which no answer came yet
	Reason  string   `json:"reason,omitempty"` // why not yet
}

// DebugOrder is the request of /v1/debug.
type DebugOrder struct {
	Minutes int `json:"minutes"` // required, at most 1440; 0: end it
}

// Never is the request of /v1/never.
type Never struct {
	Values []string `json:"values"`
}

// Taken is the answer of /v1/never.
type Taken struct {
	Taken int `json:"taken"`
}

// Participate is the request of /v1/participation.
type Participate struct {
	On    bool `json:"on"`              // required: nobody is turned off by a slip
	Purge bool `json:"purge,omitempty"` // with off: remove what was not sent, and the outbox
}

// Why is the answer of /v1/why and of /v1/participation.
type Why struct {
	participation.Decision
	// SendsFrom is when the grace after the first start ends; zero when it has.
	SendsFrom time.Time `json:"sends_from,omitzero"`
	// Connection says in one sentence, without an address, how the connection
	// to the relay stands and what to do about it; "" when there is none to
	// speak of.
	Connection string `json:"connection,omitempty"`
}

// Preview is the answer of /v1/preview: what the next envelopes would hold.
type Preview struct {
	Sends     bool       `json:"sends"` // whether they would be sent at all
	Pages     []Page     `json:"pages"`
	Fragments []Fragment `json:"fragments"`
}

// Page is a page's content.
type Page struct {
	Release uint32  `json:"registry_release"`
	Records []Shown `json:"records"`
	Place   string  `json:"place,omitempty"` // day and number, once it has one
}

// Shown is a record as a page holds it.
type Shown struct {
	Time    string            `json:"time"`
	Metric  string            `json:"metric"`
	Product string            `json:"product"`
	Version string            `json:"version"`
	Value   Value             `json:"value"`
	Labels  map[string]string `json:"labels,omitempty"`
	Count   uint32            `json:"count,omitempty"` // of how many equal events; missing: one
}

// Fragment is a fragment's content.
type Fragment struct {
	Day      string            `json:"day"`
	Release  uint32            `json:"registry_release"`
	Facets   map[string]string `json:"facets"`
	First    []string          `json:"first,omitempty"`
	Measures []Measure         `json:"measures"`
}

// Measure is what one metric adds to a roll-up.
type Measure struct {
	Metric  string            `json:"metric"`
	Labels  map[string]string `json:"labels,omitempty"`
	Count   uint64            `json:"count"`
	Sum     int64             `json:"sum,omitempty"`
	Buckets []uint64          `json:"buckets,omitempty"`
}

// Sent is the answer of /v1/send.
type Sent struct {
	Sent       int            `json:"sent"` // envelopes
	Batches    int            `json:"batches"`
	Replies    int            `json:"replies"`
	BytesSent  int            `json:"bytes_sent"`
	Sizes      []int          `json:"sizes,omitempty"` // sealed content, padded, in bytes
	DurationMS int64          `json:"duration_ms"`
	Kept       map[string]int `json:"kept,omitempty"`   // batches that the store refused, by status
	Reason     string         `json:"reason,omitempty"` // why nothing, or not everything, was sent
	// Failed says that something could not be sent, or was not answered, although
	// this host takes part: it is kept and sent again. That replies are not here
	// yet is no failure.
	Failed bool `json:"failed,omitempty"`
}

// Entry is one entry of the outbox. What was sent and the key that opens it
// are there when one entry is asked for.
type Entry struct {
	Number   uint64    `json:"number"`
	Sent     string    `json:"sent"`
	Kind     string    `json:"kind"`
	Bytes    int       `json:"bytes"`
	Outcome  string    `json:"outcome"`            // the list also names the entry of a later attempt
	Envelope []byte    `json:"envelope,omitempty"` // base64
	BodyKey  string    `json:"body_key,omitempty"` // hex
	Plain    []byte    `json:"plain,omitempty"`    // base64; the bytes that were sealed into the page, or the fragment
	Page     *Page     `json:"page,omitempty"`
	Fragment *Fragment `json:"fragment,omitempty"`
}

// Proof is the outcome of verifying one entry.
type Proof struct {
	Number uint64 `json:"number"`
	Proved bool   `json:"proved"`
	Error  string `json:"error,omitempty"`
}

// Status is the answer of /v1/status.
type Status struct {
	Spool   Spool             `json:"spool"`
	Refused map[string]uint64 `json:"refused"` // records, by reason, since the start
	// RequestsRefused counts requests to this API that were not served, by
	// reason, since the start: bad_request, too_long, slow, rate, busy, disk,
	// failed; and connections, of which there were too many at once.
	RequestsRefused map[string]uint64 `json:"requests_refused,omitempty"`
	// StoreRefused counts the envelopes in the outbox that the store refused for
	// good, by status: bad-form, expired, erased, conflict.
	StoreRefused map[string]int `json:"store_refused,omitempty"`
	// Unmapped counts what came by OpenTelemetry and was dropped, by name and
	// reason, since the start.
	Unmapped []Unmapped `json:"otlp_unmapped,omitempty"`
}

// Unmapped says how often something was dropped that came by OpenTelemetry. Names
// are for this host's own eyes, and bounded: the rest is "other".
type Unmapped struct {
	Of    string `json:"of"`             // "service", "span", "metric", "log", "exception", "request"
	Name  string `json:"name,omitempty"` // as the product has it
	Why   string `json:"why"`            // "unmapped", or why it could not be taken
	Count uint64 `json:"count"`
}

// Spool is what waits on disk.
type Spool struct {
	Bytes   int64  `json:"bytes"`
	Records int    `json:"records"`
	Batches int    `json:"batches"`
	Dropped uint64 `json:"dropped"`        // records lost to the spool's bounds, ever
	Aside   uint64 `json:"aside_segments"` // segments that were damaged and set aside, or missing, ever
}

// Problem is the body of every answer that is not a success.
type Problem struct {
	Message string `json:"error"`
	Hint    string `json:"hint,omitempty"`
}

// Error returns the message.
func (p *Problem) Error() string { return p.Message }
