// Package gate takes what agents, and relays that stand before this one, put:
// it checks the outer form, the site's decision, and the quota of the
// connection, and hands what passes to the pool. It also serves the key list
// and the site's policy.
//
// Every put is answered at once with a hint on the putter's own inbox:
//
//	reseal  the outer form is wrong, or the key is one that the store has
//	        destroyed: nothing here or behind could open it
//	off     the site is off, or its decision is not known
//	later   over a quota of the day, or the pool is full, or the next hop takes
//	        nothing. For how long grows with what there is to do, and is random,
//	        so that not everybody comes back at once
//	queued  in the pool; the reply follows on the same inbox. It may even
//	        overtake the hint, so tell them apart by their length
//
// A put that names no inbox of a live connection gets no answer: an answer
// could only reach a stranger.
//
// It counts by the connection's throw-away name, and where it is told to also by
// the site's credential and by the network, for which it knows a random number
// of the day; in memory; the counts die with the day, and those of a connection
// with it. It keeps nothing of an envelope that
// it refuses. Puts that come faster than it can look at them are dropped beyond
// a bound, unanswered and counted, and their senders come again.
package gate

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema"
)

// Decision is the site's: may envelopes of this site pass?
type Decision uint8

// The decisions. Unknown refuses like Off.
const (
	Unknown Decision = iota // not readable; the zero value
	On
	Off
)

// Peers knows the connections that agents hold.
type Peers interface {
	// Live says whether a connection of this throw-away name is up.
	Live(name string) bool
	// Source says with which site's credential the connection came, 0 for none
	// of its own, and from which network, as a number that means something on
	// that day only.
	Source(name string, day schema.Day) (site int, network uint64)
}

// Pool takes what passes.
type Pool interface {
	// Add takes the item or refuses it with an error; then nothing was taken.
	Add(pool.Item) error
	// Later returns for how long whoever was refused should stay away. It is
	// drawn at random, and longer the more there is to do.
	Later() time.Duration
}

// Sum bounds what several connections put together on one UTC day, envelopes of
// every class.
type Sum struct {
	Envelopes int   // 0: no bound
	Bytes     int64 // 0: no bound
}

// Quota bounds what one connection may put on one UTC day, and what several may
// put together: a site that comes back under a new name gets no new day.
type Quota struct {
	Envelopes int   // of class normal; 0: 64
	Bytes     int64 // of these; 0: 2 MiB
	User      int   // envelopes of class user-request, which pass while off; 0: 80
	Site      Sum   // of all that came with one site's credential
	Network   Sum   // of all that came from one network
}

func (q Quota) withDefaults() Quota {
	if q.Envelopes == 0 {
		q.Envelopes = 64
	}
	if q.Bytes == 0 {
		q.Bytes = 2 << 20
	}
	if q.User == 0 {
		q.User = 80
	}
	return q
}

// Config says what a gate stands between.
type Config struct {
	Conn    *nats.Conn       // in the agents' account; required; its owner closes it
	Peers   Peers            // required
	Pool    Pool             // required
	KeyList []byte           // the signed key list; nil: see SetKeyList
	Policy  func() []byte    // the site's policy as it is told, asked for every get, so keep it quick; nil, or empty bytes: there is none to tell
	Decide  func() Decision  // asked for every put, so keep it quick; nil: On
	Quota   Quota            // zero: the defaults
	Logger  *slog.Logger     // nil: nothing is logged
	Now     func() time.Time // decides which day it is; nil: time.Now
}

func (c Config) withDefaults() (Config, error) {
	if c.Conn == nil || c.Peers == nil || c.Pool == nil {
		return c, fmt.Errorf("make a gate: connection, peers and pool are required")
	}
	if c.Decide == nil {
		c.Decide = func() Decision { return On }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if q := c.Quota; q.Envelopes < 0 || q.Bytes < 0 || q.User < 0 || q.Site.Envelopes < 0 || q.Site.Bytes < 0 || q.Network.Envelopes < 0 || q.Network.Bytes < 0 {
		return c, fmt.Errorf("make a gate: quota %+v: set positive numbers, or zero for the defaults", c.Quota)
	}
	c.Quota = c.Quota.withDefaults()
	return c, nil
}
