package upload

import (
	"context"
	"errors"
	"sync"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// maxErasing bounds the envelopes of one round: a relay takes few more of them on
// one connection.
const maxErasing = wire.Partitions

// round connects, sends what is not confirmed in random order, waits for the
// replies, and hangs up. The first error of one envelope is returned; the others
// go on.
func (e *Eraser) round(ctx context.Context) error {
	ctx, end := context.WithCancel(ctx)
	defer end()
	e.mu.Lock()
	e.end = end
	e.mu.Unlock()
	now := e.config.Now()
	if now.Before(schema.EarliestClock) {
		return errEraseClock
	}
	l, err := e.dialer.dial(ctx, func(*link, []byte) {}) // what a site's policy says does not matter here
	if err != nil {
		return err
	}
	defer l.close()
	if err := e.keys.fetch(ctx, l.conn); err != nil {
		if _, known := e.keys.pick(schema.DayOf(now)); known != nil {
			return err
		}
		// The list that is here will do; a relay that does not take its keys says
		// so.
	}
	waiting := e.waiting()
	return e.send(ctx, l, waiting[:min(len(waiting), maxErasing)])
}

// waiting returns what has no reply yet. It is never changed, only replaced.
func (e *Eraser) waiting() []unsent {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.order.Unsent
}

// send sends envelopes, which are in random order, and waits.
func (e *Eraser) send(ctx context.Context, l *link, waiting []unsent) error {
	ctx, cancel := context.WithTimeoutCause(ctx, e.config.Timeout, ErrNoReply)
	defer cancel()
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	for i := range waiting {
		s, err := e.put(ctx, l, &waiting[i])
		if err != nil {
			mu.Lock()
			failed = errors.Join(failed, err)
			mu.Unlock()
			break
		}
		wg.Go(func() {
			err := e.await(ctx, l, s)
			mu.Lock()
			defer mu.Unlock()
			if failed == nil {
				failed = err
			}
		})
	}
	wg.Wait()
	return failed
}

// erasing is an envelope that left and waits for its reply.
type erasing struct {
	unsent *unsent
	sealed *envelope.Sealed
	raw    <-chan []byte
}

// put seals one envelope and hands it over.
func (e *Eraser) put(ctx context.Context, l *link, u *unsent) (erasing, error) {
	if err := ctx.Err(); err != nil {
		return erasing{}, context.Cause(ctx)
	}
	key, err := e.keys.pick(schema.DayOf(e.config.Now()))
	if err != nil {
		return erasing{}, err
	}
	sealed, err := envelope.Seal(key, u.partition(), wire.ClassUser, envelope.Content{
		Kind: envelope.Erase, Batch: u.Batch, Payload: u.Payload, Least: u.Size,
	})
	if err != nil {
		return erasing{}, err
	}
	raw := make(chan []byte, 4)
	return erasing{unsent: u, sealed: sealed, raw: raw}, l.put(ctx, sealed.Attempt, sealed.Bytes, raw)
}

// await waits for the reply to one envelope. Where a relay has another key list
// it is sealed once more.
func (e *Eraser) await(ctx context.Context, l *link, s erasing) error {
	defer func() { l.forget(s.sealed.Attempt) }()
	for resealed := false; ; {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-l.ended:
			return ErrLost
		case m := <-s.raw:
			if len(m) == wire.ReplyLen {
				r, err := envelope.OpenReply(s.sealed.ReplyKey, s.sealed.Attempt, m)
				if err == nil && r.Batch == s.unsent.Batch {
					e.settle(s.unsent.Batch, r)
					return nil
				}
				continue // a stranger's
			}
			again, err := e.hint(ctx, l, m)
			if err != nil {
				return err
			}
			if !again || resealed {
				continue
			}
			l.forget(s.sealed.Attempt)
			next, err := e.put(ctx, l, s.unsent)
			if err != nil {
				return err
			}
			s, resealed = next, true
		}
	}
}

// hint acts on a relay's word. again says that the envelope should be sealed
// anew.
func (e *Eraser) hint(ctx context.Context, l *link, m []byte) (again bool, err error) {
	h, err := wire.ParseHint(m)
	if err != nil {
		return false, nil // a stranger's noise
	}
	switch h.Code {
	case wire.Off:
		return false, ErrSiteOff
	case wire.Later:
		e.later.ask(e.config.Now(), h.Wait)
		return false, ErrLater
	case wire.Reseal:
		return true, e.keys.fetch(ctx, l.conn)
	}
	return false, nil
}
