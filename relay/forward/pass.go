package forward

import (
	"context"
	"time"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Bounds of what is on its way to the next relay without a hint.
const (
	maxFlight   = 512
	hintTimeout = 5 * time.Second
)

// How long the next relay can make this one wait.
const (
	maxHold = 10 * time.Minute // where it says for how long
	offHold = 30 * time.Second // where it says off
)

// Forward implements [pool.Forwarder]. It returns when the next relay has said
// of every item that it is queued, or the item was given up; after the first
// round in which one was, it tries no more.
func (c *Chain) Forward(ctx context.Context, items []pool.Item) (left []pool.Item) {
	items, left = c.held(items)
	for len(items) > 0 {
		l := c.current()
		if l == nil || ctx.Err() != nil {
			return append(left, items...)
		}
		n := min(maxFlight, len(items))
		back := c.round(ctx, l, items[:n])
		left, items = append(left, back...), items[n:]
		if len(back) > 0 {
			return append(left, items...)
		}
	}
	return left
}

func (c *Chain) current() *link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link
}

// held splits off the items whose class the next relay asked to hold.
func (c *Chain) held(items []pool.Item) (free, held []pool.Item) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for _, it := range items {
		if now.Before(c.hold[it.Class]) {
			held = append(held, it)
		} else {
			free = append(free, it)
		}
	}
	return free, held
}

// round puts some items and waits until each has a hint. It returns those that
// are not queued at the next relay.
func (c *Chain) round(ctx context.Context, l *link, items []pool.Item) (left []pool.Item) {
	items = c.senders.expect(items)
	answers := make(chan answer, len(items))
	count := l.expect(items, answers)
	defer l.forget(items)
	put := 0
	for put < len(items) && ctx.Err() == nil {
		if l.put(&items[put]) != nil {
			break
		}
		put++
	}
	hints := map[wire.Attempt]wire.Hint{}
	if put == len(items) {
		hints = c.await(ctx, l, count, answers)
	}
	queued := make([]pool.Item, 0, len(items))
	for _, it := range items {
		hint, ok := hints[it.Attempt]
		switch {
		case !c.settle(&it, hint, ok):
			left = append(left, it)
		case hint.Code == wire.Queued:
			queued = append(queued, it)
		}
	}
	c.senders.went(queued, &l.way)
	if l.hasEnded() { // perhaps before these were booked
		c.lost(l)
	}
	return left
}

// await collects hints until all are here, or no more can be expected.
func (c *Chain) await(ctx context.Context, l *link, count int, answers <-chan answer) map[wire.Attempt]wire.Hint {
	hints := make(map[wire.Attempt]wire.Hint, count)
	timeout := time.NewTimer(hintTimeout)
	defer timeout.Stop()
	for len(hints) < count {
		select {
		case a := <-answers:
			hints[a.attempt] = a.hint
		case <-l.ended:
			return hints
		case <-timeout.C:
			return hints
		case <-ctx.Done():
			return hints
		}
	}
	return hints
}

// settle does what a hint says. It returns false when the item must be tried
// again.
func (c *Chain) settle(it *pool.Item, hint wire.Hint, answered bool) (done bool) {
	switch {
	case !answered:
		c.counts.unanswered.Add(1)
		return false
	case hint.Code == wire.Queued:
		c.counts.envelopes.Add(1)
		return true
	case hint.Code == wire.Reseal:
		c.doomed(it.Attempt)
		return true
	}
	c.counts.refused.Add(1)
	wait := offHold
	if hint.Code == wire.Later {
		wait = min(hint.Wait, maxHold)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if until := time.Now().Add(wait); until.After(c.hold[it.Class]) {
		c.hold[it.Class] = until
	}
	return false
}
