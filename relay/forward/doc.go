// Package forward takes what leaves the pool to the next hop, and brings
// replies back. This forwarder is an edge's: the next hop is JetStream, and it
// is, with the store's ingest, the only part that knows JetStream.
//
// Envelopes are packed by group of stores into crates, so that one sync serves
// many, and each crate is published under a random ID of its own and waited
// for. A crate that is not acknowledged is tried again a few times under the
// same ID, which the stream takes once; then its envelopes go back to the
// pool. So Forward never says that something is safe that is not, and an
// envelope may reach the store twice: the store counts it once.
//
// The stream and the consumers of all groups are made before the first crate,
// because the stream drops at once what no consumer is interested in. A full
// stream refuses new crates and loses nothing that it has; then the pool fills,
// and the gate asks agents to come later.
//
// Replies come on one subject for all edges. A bounded table in memory maps
// the attempt that a reply answers to the inbox of its sender; an entry ends
// with its reply, after RouteAge, or as the oldest of too many. A reply
// without an entry is dropped and counted: it is another edge's, or its agent
// will send again and be answered then.
package forward

import (
	"errors"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
)

// Config says between what a forwarder stands.
type Config struct {
	Edge      *nats.Conn    // in the account with JetStream; required; its owner closes it
	Agents    *nats.Conn    // in the agents' account, to publish replies; required; its owner closes it
	Groups    int           // of stores, 1 to 64; 0: 1
	MaxBytes  int64         // of the stream; required
	MaxRoutes int           // replies that are waited for; 0: 65,536
	RouteAge  time.Duration // how long each is waited for; 0: 1 h
	Logger    *slog.Logger  // nil: nothing is logged
}

func (c Config) withDefaults() (Config, error) {
	if c.Edge == nil || c.Agents == nil || c.MaxBytes <= 0 {
		return c, errors.New("make a forwarder: both connections and the stream's size are required")
	}
	if c.Groups == 0 {
		c.Groups = 1
	}
	if c.MaxRoutes == 0 {
		c.MaxRoutes = 64 << 10
	}
	if c.RouteAge == 0 {
		c.RouteAge = time.Hour
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// Stats are counts since the start, and how many replies are waited for.
type Stats struct {
	Crates    uint64 // acknowledged
	Envelopes uint64 // in these
	Retries   uint64 // crates published again
	Refused   uint64 // crates given up; their envelopes went back
	Replies   uint64 // brought to their senders
	Strays    uint64 // replies that no sender here waited for
	Malformed uint64 // messages of wrong form on the reply subject
	Forgotten uint64 // replies waited for in vain: too old, or too many
	Dropped   uint64 // messages of replies that came faster than they could be brought
	Waiting   int    // replies waited for now
}
