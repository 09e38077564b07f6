package support

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Pauses between tries: codes live for a day or two.
const (
	firstPause = 5 * time.Second
	maxPause   = 15 * time.Minute
	roundTime  = 15 * time.Minute // of one try; relays keep envelopes for some minutes
)

// Run gives the store what it has not confirmed and nobody waits for any more:
// grants, of the process before this one as well, and orders to revoke codes, of
// the installation before this one as well. It tries again after growing pauses,
// until ctx ends. A grant that is to have another day is given up: only its code
// could seal it anew, and that is not here.
func (s *Support) Run(ctx context.Context) {
	for pause := firstPause; ctx.Err() == nil; {
		owed := s.owed()
		if len(owed) == 0 {
			pause = firstPause
			select {
			case <-s.woken:
			case <-ctx.Done():
			}
			continue
		}
		if s.settleAll(ctx, owed) {
			continue
		}
		if pause = min(2*pause, maxPause); s.rest(ctx, pause/4+rand.N(pause/2)) {
			pause = firstPause
		}
	}
}

// rest waits, or less when there may be something else to do, which it returns.
func (s *Support) rest(ctx context.Context, pause time.Duration) (woken bool) {
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.woken:
		return true
	case <-ctx.Done():
	}
	return false
}

// settleAll tries once with each, and says whether all are settled.
func (s *Support) settleAll(ctx context.Context, owed []page.Grant) bool {
	ctx, cancel := context.WithTimeout(ctx, roundTime)
	defer cancel()
	var wg sync.WaitGroup
	errs := make([]error, len(owed))
	for i, g := range owed {
		wg.Go(func() { errs[i] = s.settle(ctx, g) })
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return false
		}
	}
	return true
}

// settle gives the store a grant, or the order to revoke it.
func (s *Support) settle(ctx context.Context, g page.Grant) error {
	if g.Sealed == nil {
		return s.revoke(ctx, g)
	}
	r, err := s.config.Sender.Ask(ctx, request(envelope.Grant, g.Tag, g.Marshal()))
	switch {
	case err != nil:
		return err
	case r.Status == wire.Stored:
		return s.confirm(g.Tag)
	}
	s.config.Logger.Warn("the store does not take a support code that was made; its user makes another", slog.String("status", r.Status.String()))
	return s.remove(g.Tag)
}

// owed returns what the store has not confirmed: grants, and those without their
// sealed part that are to be revoked.
func (s *Support) owed() (out []page.Grant) {
	today := s.config.Sender.Today()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.codes.Codes {
		g, err := l.grant()
		if err == nil && s.busy[g.Tag] == 0 && (l.Revoke || l.Sealed != nil) && !l.over(today) {
			out = append(out, g)
		}
	}
	return out
}

// grants returns all codes that may live.
func (s *Support) grants() (out []page.Grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.codes.Codes {
		if g, err := l.grant(); err == nil {
			out = append(out, g)
		}
	}
	return out
}

// claim keeps Run from a code while somebody waits for it, until done is called.
func (s *Support) claim(tag page.Tag) (done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy[tag]++
	return func() {
		s.mu.Lock()
		if s.busy[tag]--; s.busy[tag] == 0 {
			delete(s.busy, tag)
		}
		s.mu.Unlock()
		select {
		case s.woken <- struct{}{}:
		default: // it looks already
		}
	}
}
