package upload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
)

// maxAssigned bounds the pages that have a place and no reply: a lookup stops
// after twice as many misses, so that it finds whatever came through.
const maxAssigned = 8

// Summary is what one round of sending did.
type Summary struct {
	Sent    int            // envelopes that left, resends included
	Bytes   int            // that left
	Sizes   []int          // sealed content of each batch, in bytes
	Batches int            // that were to be sent
	Replies int            // authentic replies
	Kept    map[string]int // outcomes that the user should see, by status
}

// Flush sends everything that is pending and returns when each batch has its
// outcome or cannot have one now. With hurry it does not spread the envelopes
// over the window, and neither does the round that is on: a user asked to send
// now. The first error is returned; the other batches go on.
func (u *Uploader) Flush(ctx context.Context, hurry bool) (Summary, error) {
	if hurry {
		u.beginHurry()
	}
	err := u.takeRound(ctx)
	if hurry {
		u.endHurry()
	}
	if err != nil {
		return Summary{}, err
	}
	defer func() { <-u.round }()
	window := u.config.Window
	if hurry {
		window = 0
	}
	ctx, end := u.begin(ctx)
	defer end()
	r := round{ctx: ctx, sum: Summary{Kept: map[string]int{}}, waits: map[schema.BatchID]bool{}}
	var failed error
	for turn := 0; failed == nil && turn < maxTurns; turn++ {
		batches := u.choose(r.waits)
		if len(batches) == 0 {
			break
		}
		if failed = u.mayBegin(ctx); failed == nil {
			failed = u.send(&r, batches, window)
		}
	}
	if errors.Is(failed, ErrNoReply) {
		u.Hangup() // the way may be dead; the next dial, at once, may take another
		u.wake()
	}
	if why := context.Cause(ctx); failed != nil && why != nil {
		failed = why
	}
	return r.sum, failed
}

// takeRound waits until no other round is on.
func (u *Uploader) takeRound(ctx context.Context) error {
	select {
	case u.round <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// beginHurry ends the delays of the round that is on, those of its later turns
// too, until endHurry.
func (u *Uploader) beginHurry() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.hurrying++; u.hurrying == 1 {
		close(u.hurry)
	}
}

func (u *Uploader) endHurry() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.hurrying--; u.hurrying == 0 {
		u.hurry = make(chan struct{})
	}
}

// round is what the turns of one round share.
type round struct {
	ctx context.Context // of the round

	mu    sync.Mutex
	sum   Summary
	waits map[schema.BatchID]bool // that hold what does not take part now
}

// begin makes the context that ends with the round, or with the permission to
// send.
func (u *Uploader) begin(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.endRound = cancel
	return ctx, func() { cancel(nil) }
}

// mayBegin returns nil when something may leave. A relay that was not heard
// since the last connection ended is heard first: it may be all that is
// missing. What cannot change by that is not dialled for.
func (u *Uploader) mayBegin(ctx context.Context) error {
	if !u.mayListen() || u.config.SiteOff() {
		return cmp.Or(u.held(), fmt.Errorf("%w: there is no relay", ErrHeld))
	}
	if _, err := u.attach(ctx, false); err != nil {
		return err
	}
	return u.held()
}

// A round is bounded: what is left goes with the next one.
const (
	maxTurn  = 32 // envelopes under way at once
	maxTurns = 64 // in a round
)

// send sends batches, which are in random order, each after a delay of its own.
// What stops one of them stops those that have not left.
func (u *Uploader) send(r *round, batches []spool.Batch, window time.Duration) error {
	var (
		wg     sync.WaitGroup
		failed error
	)
	u.mu.Lock()
	hurry := u.hurry
	u.mu.Unlock()
	ctx, cancel := context.WithCancel(r.ctx)
	defer cancel()
	delays := delaysIn(window, len(batches))
	for i, b := range batches {
		delay := delays[i]
		wg.Go(func() {
			wait(ctx, delay, hurry)
			one, err := u.deliver(ctx, b.ID)
			r.mu.Lock()
			defer r.mu.Unlock()
			if one.waits {
				r.waits[b.ID] = true
			} else {
				r.sum.add(one)
			}
			if failed == nil {
				failed = err
			}
			if err != nil && !errors.Is(err, ErrNoReply) {
				cancel() // what stops one stops all: no relay, no key, a site that is off
			}
		})
	}
	wg.Wait()
	return failed
}

func (s *Summary) add(d delivery) {
	s.Batches++
	s.Sent += d.sent
	s.Bytes += d.bytes
	if d.size > 0 {
		s.Sizes = append(s.Sizes, d.size)
	}
	if d.replied {
		s.Replies++
	}
	if d.kept != "" {
		s.Kept[d.kept]++
	}
}

// wait waits for the delay, or less when somebody hurries.
func wait(ctx context.Context, delay time.Duration, hurry <-chan struct{}) {
	if delay == 0 {
		return
	}
	t := time.NewTimer(delay)
	defer t.Stop()
	select {
	case <-t.C:
	case <-hurry:
	case <-ctx.Done():
	}
}
