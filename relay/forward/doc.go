// Package forward takes what leaves the pool to the next hop, and brings
// replies back. There are two: [Forward] is an edge's, whose next hop is
// JetStream (this is, with the store's ingest, the only part that knows it),
// and [Chain] is a site's, whose next hop is another relay.
//
// On an edge, envelopes are packed by group of stores into crates, so that one
// sync serves many, and each crate is published under a random ID of its own
// and waited for. A crate that is not acknowledged is tried again a few times
// under the same ID, which the stream takes once; then its envelopes go back to
// the pool. So Forward never says that something is safe that is not, and an
// envelope may reach the store twice: the store counts it once.
//
// The stream and the consumers of all groups are made before the first crate,
// because the stream drops at once what no consumer is interested in. A full
// stream refuses new crates and loses nothing that it has; then the pool fills,
// and the gate asks agents to come later.
//
// The stream is looked at every 2 s and after every crate that it did not take,
// and is mended while the relay runs: what is missing is made again; a server
// that met a full disk has its files opened anew as soon as there is room; files
// that are damaged or gone are removed and a new stream begins. That is counted
// and logged, and ends no connection. Consumers begin anew with all that is in
// the stream whenever it is opened, so that a store may see a crate again.
//
// In a chain, a relay is to the next one exactly what an agent is to it: one
// connection under a name drawn for it, a put for each envelope, a hint at
// once and the reply later. `queued` is all that ends an envelope's stay here.
// When the next relay is away, says nothing for 5 s, or says `later` or `off`,
// envelopes go back to the pool, which fills and makes the gate say `later`;
// `reseal` goes on to the agent, because only that can seal anew, as soon as this
// relay has asked for the key list that the agent will ask for. A connection
// that ends is dialled again after random, growing pauses, for as long as the
// chain runs.
//
// Replies of stores come on one subject for all edges. A bounded table in
// memory maps the attempt that a reply answers to the inbox of its sender; an
// entry ends with its reply, after RouteAge, or as the oldest of too many. A
// reply without an entry is dropped and counted: it is another edge's, or its
// agent will send again and be answered then. When the link to the next relay
// ends, or a stream is given up, the replies to what went that way can come no
// more: their senders are told `later` at once, after a random time that grows
// with their number, and each relay before passes that on.
//
// Both hand up the signed key list that they hear, from stores or from the next
// relay; whoever takes it must judge it. A chain asks for it every few minutes.
// When a list says that keys are destroyed, the replies to what is sealed to
// them can come no more either: their senders are told `reseal` at once, and so
// are those of what waits in the pool, when it leaves that. The store knows a
// batch again that it had opened before.
package forward

import (
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// Config says between what a forwarder stands.
type Config struct {
	Edge      *nats.Conn          // in the account with JetStream; required; its owner closes it
	Agents    *nats.Conn          // in the agents' account, to publish replies; required; its owner closes it
	Files     Files               // of the stream; required
	Mended    func()              // told that the stream works again, so that what waits can be tried at once; nil: nobody is
	Groups    int                 // of stores, 1 to 64; 0: 1
	MaxBytes  int64               // of the stream; required
	MaxRoutes int                 // replies that are waited for; 0: 262,144
	RouteAge  time.Duration       // how long each is waited for; 0: 1 h
	KeyList   func([]byte) []byte // told every key list that a store publishes, unchecked; returns the one that is served then. nil: nobody is told
	Logger    *slog.Logger        // nil: nothing is logged
}

// Defaults of what both forwarders keep for replies.
const (
	defaultMaxRoutes = 256 << 10
	defaultRouteAge  = time.Hour
)

func (c Config) withDefaults() (Config, error) {
	if c.Edge == nil || c.Agents == nil || c.Files == nil || c.MaxBytes <= 0 {
		return c, errors.New("make a forwarder: both connections, the stream's files and its size are required")
	}
	if c.Mended == nil {
		c.Mended = func() {}
	}
	if c.Groups == 0 {
		c.Groups = 1
	}
	if c.KeyList == nil {
		c.KeyList = func([]byte) []byte { return nil }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Stats are counts since the start, and how it stands now.
type Stats struct {
	Crates     uint64 // acknowledged by the stream; 0 in a chain
	Envelopes  uint64 // in these, or queued by the next relay
	Retries    uint64 // crates published again
	Refused    uint64 // crates, in a chain envelopes, that were not taken; they went back
	Unanswered uint64 // in a chain: envelopes that got no hint in time; they went back
	Mended     uint64 // times that the stream was made, opened or begun anew
	Away       uint64 // senders that were told that their reply is lost, so that they send again
	Resealed   uint64 // senders that were told to seal anew, because the store has destroyed their key
	Dials      uint64 // in a chain: connections to a next relay, begun
	Replies    uint64 // brought to their senders
	Strays     uint64 // replies that no sender here waited for
	Malformed  uint64 // messages of wrong form where replies and hints come
	Forgotten  uint64 // replies waited for in vain: too old, or too many
	Dropped    uint64 // messages of replies that came faster than they could be brought
	Waiting    int    // replies waited for now
	Upstream   Upstream
}

// Upstream is how the next hop stands.
type Upstream string

// The next hops.
const (
	Stream    Upstream = "stream"    // this relay's own
	Connected Upstream = "connected" // a relay, which is there
	Away      Upstream = "away"      // a relay, which is not
)
