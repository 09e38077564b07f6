package agent

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/internal/process"
	"github.com/tacit-telemetry/tacit/schema"
)

// maxPause bounds the pause after rounds that failed.
const maxPause = time.Hour

// run is the agent's loops, until ctx ends.
func (a *Agent) run(ctx context.Context) {
	defer close(a.done)
	var wg sync.WaitGroup
	wg.Go(func() { a.watch(ctx) })
	wg.Go(func() { a.lookAtHost(ctx) })
	wg.Go(func() { a.sendRounds(ctx) })
	wg.Go(func() { a.listen(ctx) })
	wg.Go(func() { a.eraser.Run(ctx) })
	wg.Wait()
}

// mendPause is how long what a full disk or the like refused is left alone: to
// open the installation, to take facts of the host in.
const mendPause = 5 * time.Second

// listen keeps the connection of whichever installation this is, and gives the
// store what its user's codes owe.
func (a *Agent) listen(ctx context.Context) {
	for ctx.Err() == nil {
		p, within, release := a.hold(ctx)
		var owed sync.WaitGroup
		owed.Go(func() { p.support.Run(within) })
		p.uploader.Listen(within)
		owed.Wait()
		release()
		if a.hasParts() {
			continue // it was replaced
		}
		if _, ok := pause(ctx, mendPause, nil); !ok {
			return
		}
		if a.mend() {
			a.look(ctx)
		}
	}
}

// hasParts says whether the parts are in use.
func (a *Agent) hasParts() bool {
	p, release := a.held()
	defer release()
	return p.life.Err() == nil
}

// lookAtHost collects at the start and then again and again, and as soon as
// records are taken that were refused before: then there is something to send.
func (a *Agent) lookAtHost(ctx context.Context) {
	a.Hear(ctx)
	for again := false; ; {
		may := a.participation.Decide().MayCollect
		a.missed.Store(!may)
		a.look(ctx)
		if again {
			wake(a.turnedOn)
		}
		if again = !may && a.participation.Decide().MayCollect; again {
			continue // it was allowed meanwhile
		}
		next, ok := a.config.Facts, false
		if may && !a.knowsFacts() {
			next = min(next, mendPause)
		}
		if again, ok = pause(ctx, next, a.lookAgain); !ok {
			return
		}
	}
}

// knowsFacts says whether the facts of the host were taken in.
func (a *Agent) knowsFacts() bool {
	p, release := a.held()
	defer release()
	return p.facts.areKnown()
}

// look collects once.
func (a *Agent) look(ctx context.Context) {
	if err := a.own.Refresh(ctx); err != nil { // addresses and names change
		a.config.Logger.Warn("not all of this host's identifiers could be read", slog.String("error", bare(err)))
	}
	if err := a.Collect(ctx); err != nil && ctx.Err() == nil {
		a.config.Logger.Warn("collect host facts", slog.String("error", bare(err)))
		p, ctx, release := a.hold(ctx)
		defer release()
		a.tellError(ctx, p, "collect_failed")
	}
	process.GiveBack()
}

// sendRounds gathers and sends, with longer pauses while it fails. While this
// host's user debugs it does so more often, and at once.
func (a *Agent) sendRounds(ctx context.Context) {
	wait := a.config.Interval
	for {
		if a.debugging() {
			wait = min(wait, debugInterval)
		}
		// Between half and one and a half of the interval: no two hosts agree.
		if _, ok := pause(ctx, wait/2+rand.N(wait), a.turnedOn); !ok {
			return
		}
		sum, err := a.Round(ctx, a.debugging())
		giveBack(sum)
		switch {
		case err == nil || !a.maySend():
			wait = a.config.Interval
		default:
			wait = min(2*wait, max(maxPause, a.config.Interval))
		}
	}
}

// pause waits, or less when it is woken. It says whether it was, and whether to
// go on.
func pause(ctx context.Context, d time.Duration, wake <-chan struct{}) (woken, ok bool) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false, false
	case <-t.C:
		return false, true
	case <-wake:
		return true, true
	}
}

// Round gathers what waits and sends what is pending. With hurry, envelopes
// are not spread over the window.
func (a *Agent) Round(ctx context.Context, hurry bool) (upload.Summary, error) {
	p, ctx, release := a.hold(ctx)
	defer release()
	if p.intake.Waiting() {
		_, err := p.intake.Gather(ctx)
		switch {
		case errors.Is(err, intake.ErrClock):
			return upload.Summary{}, err
		case err != nil && !errors.Is(err, intake.ErrNoFacts): // these are there in a moment
			// What is pending already is sent all the same.
			a.config.Logger.Error("gather", slog.String("error", bare(err)))
			a.tellError(ctx, p, "spool_write")
		}
	}
	if len(p.spool.Pending()) == 0 {
		return upload.Summary{}, nil
	}
	start := time.Now()
	sum, err := p.uploader.Flush(ctx, hurry)
	if sum.Sent > 0 {
		a.tell(ctx, p, "tacit.operation.duration", schema.Number(time.Since(start).Microseconds()), schema.Label{Name: "operation", Value: "upload"})
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, upload.ErrHeld) {
		a.config.Logger.Warn("send", slog.String("error", bare(err)))
		a.tellError(ctx, p, uploadCode(err))
	}
	return sum, err
}

// giveBack gives the memory that a round of sending took back to the host:
// there may be nothing to do for an hour.
func giveBack(sum upload.Summary) {
	if sum.Sent > 0 {
		process.GiveBack()
	}
}

// uploadCode is the registered code of a round's failure.
func uploadCode(err error) string {
	switch {
	case errors.Is(err, upload.ErrNoReply), errors.Is(err, upload.ErrLost):
		return "upload_timeout"
	case errors.Is(err, upload.ErrSiteOff):
		return "upload_off"
	case errors.Is(err, upload.ErrOldKeys), errors.Is(err, upload.ErrNoKey):
		return "key_list_bad"
	}
	return "upload_refused"
}

// tell records something about the agent itself. It waits for the next
// envelope that goes anyway; that it cannot be kept is no news to anybody.
func (a *Agent) tell(ctx context.Context, p *parts, metric string, v schema.Value, labels ...schema.Label) {
	if _, ok := a.collected(metric, a.config.Now()); ok {
		_, _ = p.intake.Take(ctx, []schema.Record{{Product: a.config.Product, Metric: metric, Value: v, Labels: labels}}, true)
	}
}

// tellError records a failure of the agent: its code and its own frames.
func (a *Agent) tellError(ctx context.Context, p *parts, code string) {
	a.tell(ctx, p, "tacit.error", schema.Text(code), schema.Label{Name: "frames", Value: client.Frames(1)})
}

// sampleEvery is how often the time that the spool takes is told: one of many,
// or a busy product would have a record of the agent beside each of its own.
const sampleEvery = 10 * time.Second

// sampler lets one in a while through. The zero value is ready.
type sampler struct {
	mu   sync.Mutex
	last time.Time
}

// due says whether it is time for another.
func (s *sampler) due(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now.Sub(s.last) < sampleEvery {
		return false
	}
	s.last = now
	return true
}
