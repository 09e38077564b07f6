// Package pool is where envelopes of many connections wait together, so that
// nobody can tell from when an envelope leaves a relay which connection
// brought it.
//
// At random times, and when the pool is half full, a random half of it leaves in
// a random order, provided that at least MinPeers connections contributed. What waited
// MaxWait leaves anyway, and not alone: with a random half, or with all that is
// there when fewer than MinPeers contributed. Then all of it is counted as thin:
// it went, but there was little to hide among. Randomness comes from crypto/rand.
//
// The pool is memory only and bounded in envelopes and bytes. When it is full,
// or one connection would fill more than a quarter of it, Add refuses and the
// sender is asked to come later. What cannot be passed on comes back to the
// pool, keeps its place in the bounds, and is tried again with a growing
// pause; after MaxAge it is dropped and counted, because its sender has long
// sent again. While the next hop has taken nothing for a while Add refuses too:
// an envelope is better off with its sender, which has it on disk. For how long
// the refused should stay away, Later says: at random, and longer the longer the
// trouble lasts and the more were refused. A relay that dies loses its pool: that is soft state, and the
// sender sends again too.
//
// When the site refuses, the pool is shut: what it holds is dropped and
// counted, what is being passed on is called back, and nothing goes in or out
// until it is opened again, but for what a user ordered himself. The senders
// keep theirs and send again when the site allows it.
package pool

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// The reasons for which Add refuses; nothing was taken. Answer `off` to ErrShut,
// and `later` to the others.
var (
	ErrFull  = errors.New("the pool is full")
	ErrShare = errors.New("the connection fills its share of the pool")
	ErrShut  = errors.New("the site refuses")
	ErrStuck = errors.New("the next hop takes nothing")
)

// Item is one envelope in the pool.
type Item struct {
	Peer      string       // the connection that brought it, by its throw-away name
	Inbox     string       // where its sender waits for the reply
	Attempt   wire.Attempt // what the reply will be addressed to
	KeyID     uint32       // of the store's key that it is sealed to
	Partition uint8        // below [wire.Partitions]
	Class     wire.Class   // [wire.ClassUser] passes a shut pool
	Envelope  []byte       // as it came; never changed

	since time.Time // when Add took it
	drawn bool      // it has left once, and came back: it need not be drawn again
	thin  bool      // it left with fewer than MinPeers contributing
}

// Forwarder passes items on, in their order. It blocks until they are safe at
// the next hop, and returns those that are not; they come back to the pool.
type Forwarder interface {
	Forward(ctx context.Context, items []Item) (left []Item)
}

// Config says how a pool mixes.
type Config struct {
	Next       Forwarder     // where items leave to; required
	MinPeers   int           // K: connections that must have contributed; 0: 8
	MaxWait    time.Duration // T: after this an item leaves anyway; 0: 10 min
	FlushEvery time.Duration // mean of the random time between flushes; 0: 1 min
	MaxItems   int           // bound in envelopes; 0: 16,384
	MaxBytes   int64         // bound in bytes of envelopes; 0: 64 MiB
	MaxAge     time.Duration // after this an item that cannot leave is dropped; 0: 1 h
	Random     rand.Source   // for tests; nil: crypto/rand
}

func (c Config) withDefaults() Config {
	setDefault(&c.MinPeers, 8)
	setDefault(&c.MaxWait, 10*time.Minute)
	setDefault(&c.FlushEvery, time.Minute)
	setDefault(&c.MaxItems, 16<<10)
	setDefault(&c.MaxBytes, 64<<20)
	setDefault(&c.MaxAge, time.Hour)
	if c.Random == nil {
		c.Random = &cryptoSource{}
	}
	return c
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Stats are counts since the start, and what is held now.
type Stats struct {
	Items    int    // held now, those on their way included
	Bytes    int64  // held now
	Passed   uint64 // safe at the next hop
	Thin     uint64 // of these, those that left with fewer than MinPeers contributing
	Returned uint64 // came back because the next hop did not take them
	Dropped  uint64 // given up after MaxAge
	Shut     uint64 // dropped because the site refused
	Stuck    bool   // now: the next hop takes nothing
}
