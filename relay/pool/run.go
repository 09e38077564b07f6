package pool

import (
	"context"
	"fmt"
	"time"
)

// Bounds of the pause after the next hop refused.
const (
	firstPause = 250 * time.Millisecond
	maxPause   = 30 * time.Second
)

// Run passes items on until ctx ends. It waits for the next hop, so a slow one
// fills the pool and then makes Add refuse. What is left stays for Flush.
func (p *Pool) Run(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var pause time.Duration
	var notBefore time.Time
	for {
		if at, ok := p.due(); ok {
			if at.Before(notBefore) {
				at = notBefore
			}
			timer.Reset(time.Until(at))
		} else {
			timer.Stop()
		}
		select {
		case <-ctx.Done():
			return
		case <-p.wake:
			continue
		case <-p.retry:
			pause, notBefore = 0, time.Time{}
			continue
		case <-timer.C:
		}
		if p.pass(ctx, false) == 0 {
			pause = 0
			continue
		}
		pause = min(max(2*pause, firstPause), maxPause)
		notBefore = time.Now().Add(pause)
	}
}

// Flush passes on all that is held, mixed or not: a relay that ends in order
// keeps what it said it had queued. Call it after Run has returned. The error
// says how many items the next hop did not take before ctx ended.
func (p *Pool) Flush(ctx context.Context) error {
	left := p.pass(ctx, true)
	for left > 0 && ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-time.After(firstPause):
			left = p.pass(ctx, true)
		}
	}
	if left > 0 {
		return fmt.Errorf("flush the pool: %d envelopes were not taken by the next hop: their senders will send again", left)
	}
	return nil
}

// pass takes once, passes on, and returns how many items came back.
func (p *Pool) pass(ctx context.Context, all bool) int {
	ctx, abort := context.WithCancel(ctx)
	defer abort()
	items := p.take(time.Now(), all, abort)
	if len(items) == 0 {
		return 0
	}
	left := p.cfg.Next.Forward(ctx, items)
	p.settle(time.Now(), items, left)
	return len(left)
}
