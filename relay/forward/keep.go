package forward

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/natsdial"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Pauses between two dials: each is drawn from half to all of a bound that
// doubles, and starts over after a connection that held.
const (
	firstPause = 250 * time.Millisecond
	maxPause   = time.Minute
	settled    = 10 * time.Second
)

// When the key list is asked for again: after it came, at random up to twice as
// long, so that agents hear of new keys within minutes and sites do not ask in
// step; after the next relay had none; and at the earliest, when agents must
// seal anew.
const (
	keysEvery = 2 * time.Minute
	keysRetry = 10 * time.Second
	keysLeast = time.Second
)

// keep keeps one connection until ctx ends.
func (c *Chain) keep(ctx context.Context) {
	pause := firstPause
	order := rand.Perm(len(c.targets))
	for try := 0; ctx.Err() == nil; try++ {
		began := time.Now()
		if l := c.connect(ctx, c.targets[order[try%len(order)]]); l != nil {
			c.stay(ctx, l)
			if time.Since(began) >= settled {
				pause = firstPause
			}
		}
		_ = wait(ctx, pause/2+rand.N(pause/2)) // the loop sees the end of ctx
		pause = min(2*pause, maxPause)
	}
}

// connect dials once and says how that went, whenever it is another way than
// the last time.
func (c *Chain) connect(ctx context.Context, t target) *link {
	c.counts.dials.Add(1)
	l, trouble := c.dial(ctx, t)
	c.mu.Lock()
	changed := c.trouble != trouble
	c.trouble, c.link = trouble, l
	c.mu.Unlock()
	switch {
	case ctx.Err() != nil:
	case l != nil:
		c.cfg.Logger.Info("the next relay is connected", slog.Bool("tls", t.tls))
	case changed:
		c.cfg.Logger.Warn("the next relay is away", slog.String("reason", trouble))
	}
	return l
}

// stay uses a connection until it or ctx ends.
func (c *Chain) stay(ctx context.Context, l *link) {
	c.cfg.Connected()
	c.fetchKeys(ctx, l)
	c.mu.Lock()
	c.link, c.trouble = nil, hungUp
	c.mu.Unlock()
	l.close()
	<-l.ended
	c.lost(l)
	if ctx.Err() == nil {
		c.cfg.Logger.Warn("the next relay is away", slog.String("reason", hungUp))
	}
}

// lost tells those who wait for what a connection that has ended would have
// brought.
func (c *Chain) lost(l *link) {
	c.senders.reseal(c.senders.takeDoomed())
	c.senders.turnAway(&l.way)
}

// fetchKeys asks for the key list now and then, and when agents must seal anew,
// until the connection or ctx ends. Agents are told after the list came: they ask
// this relay for it at once.
func (c *Chain) fetchKeys(ctx context.Context, l *link) {
	next := time.Duration(0)
	for l.sleep(ctx, next, c.stale) {
		next = keysRetry
		doomed := c.senders.takeDoomed() // those whom this answer is for
		if c.askKeys(ctx, l) {
			next = keysEvery + rand.N(keysEvery)
		}
		c.senders.reseal(doomed) // also without a list: nothing else ends their waiting
		if !l.sleep(ctx, keysLeast, nil) {
			return
		}
	}
}

func (c *Chain) askKeys(ctx context.Context, l *link) bool {
	ctx, cancel := context.WithTimeout(ctx, hintTimeout)
	defer cancel()
	m, err := l.conn.RequestWithContext(ctx, wire.SubjectGetKeys, nil)
	if err != nil || len(m.Data) == 0 {
		return false
	}
	c.cfg.KeyList(m.Data)
	return true
}

// What keeps the next relay away, in fixed words: an error's own text may name
// an address.
const (
	notDialled    = "it was not dialled yet"
	hungUp        = "the connection ended"
	nobodyThere   = "nobody answers at its address"
	noRelay       = "what answers at its address does not greet as a relay does: see whether the address has tls:// or nats:// as the next relay says, and whether that takes more connections"
	badCredential = "it does not take this relay's credential: compare the one in this configuration with the one that the next relay's channel has"
)

// troubleOf says why a dial, or else the greeting after it, failed.
func troubleOf(err error) string {
	var (
		handshake *certificate.HandshakeError
		dial      *natsdial.DialError
	)
	switch {
	case errors.As(err, &handshake):
		return handshake.Error()
	case errors.As(err, &dial):
		return nobodyThere
	case errors.Is(err, nats.ErrAuthorization):
		return badCredential
	}
	return noRelay
}
