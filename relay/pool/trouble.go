package pool

import (
	"math/rand/v2"
	"time"
)

// Bounds of the time for which the refused stay away, before chance.
const (
	leastLater = 20 * time.Second
	mostLater  = 30 * time.Minute
)

// stuckAfter is for how long the next hop may take nothing until the pool takes
// nothing either.
const stuckAfter = 5 * time.Second

// backPerSecond is how many of the refused may come back in a second.
const backPerSecond = 200

// trouble is how long the pool has been unable to do its work, and how many
// were refused since. While it is
// blocked there is something in the pool that is tried again. The zero trouble is
// none.
type trouble struct {
	since   time.Time // zero: there is none
	blocked bool      // the next hop took nothing since then; else the pool was full
	refused int       // told to come later, since then
}

// full books that there was no room.
func (t *trouble) full(now time.Time) {
	if t.since.IsZero() {
		t.since = now
	}
}

// settle books how passing on went: whether all came back.
func (t *trouble) settle(now time.Time, all bool) {
	switch {
	case !all:
		*t = trouble{}
	case !t.blocked:
		*t = trouble{since: now, blocked: true, refused: t.refused}
	}
}

// stuck says whether the next hop has taken nothing for so long that envelopes
// are better off with their senders.
func (t *trouble) stuck(now time.Time) bool {
	return t.blocked && now.Sub(t.since) >= stuckAfter
}

// Later returns for how long a sender that was refused should stay away: about
// as long as the trouble has lasted, and so long that all who were refused come
// back a few at a time; drawn from half to one and a half of that.
func (p *Pool) Later() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := &p.trouble
	t.refused++
	wait := leastLater + time.Duration(t.refused)*time.Second/backPerSecond
	if !t.since.IsZero() {
		wait += time.Since(t.since)
	}
	wait = min(wait, mostLater)
	return wait/2 + rand.N(wait)
}
