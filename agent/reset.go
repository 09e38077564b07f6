package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/schema"
)

// ResetID makes this host another installation: a new ID, hashing key and
// writer. What waited to be sent, and the outbox, are removed: they were made
// under the old keys, and what is left of the old installation could only tell
// that the two are one host. What the store has of the old one can be opened with
// the old ID until it expires, and erased by nobody on this host any more. Support
// codes are taken back: the order goes on until the store has confirmed it.
func (a *Agent) ResetID(ctx context.Context) (local.Reset, error) {
	out, err := a.become(ctx, func(*parts) error {
		_, err := becomeAnother(identity.Config{Dir: a.config.Data.Agent(), Now: a.config.Now})
		return err
	})
	if err != nil {
		a.config.Logger.Error("reset the installation", slog.String("error", bare(err)))
		return out, err
	}
	a.look(a.life) // the facts of the host are news to it
	return out, nil
}

// Erase has the store erase all pages of this installation, and makes this host
// another one at once, so that nothing more comes to be under the old ID. It
// waits for the store's word, 30 s at most; the erasure goes on then, also after
// a restart, until the store has confirmed all of it. It goes out although this
// host or its site does not take part: it is the user's own order.
func (a *Agent) Erase(ctx context.Context) (local.Erasure, error) {
	if !a.running() {
		return local.Erasure{}, local.ErrNotRunning
	}
	reset, err := a.become(ctx, func(old *parts) error {
		return a.eraser.Order(old.root, schema.DayOf(a.created))
	})
	a.eraser.Wake() // also after an error: the order may stand
	if err != nil {
		a.config.Logger.Error("erase", slog.String("error", bare(err)))
		return local.Erasure{}, whyNotErased(err)
	}
	a.look(a.life)
	ctx, cancel := context.WithTimeout(ctx, sendPatience)
	defer cancel()
	defer context.AfterFunc(a.life, cancel)()
	out := erasure(a.eraser.Wait(ctx))
	out.Dropped, out.Installation = reset.Dropped, &reset.Installation
	return out, nil
}

// running says whether the loops run: somebody goes on with what is ordered.
func (a *Agent) running() bool {
	select {
	case <-a.done:
		return false
	default:
		return true
	}
}

// whyNotErased says what to do about an order that was not taken.
func whyNotErased(err error) error {
	switch {
	case errors.Is(err, upload.ErrNowhere):
		return &local.Problem{
			Message: "there is no relay in this agent's configuration: nothing can be erased",
			Hint:    "name the relay that was used before; or have the vendor erase it by this installation's ID, which tacit id prints",
		}
	case errors.Is(err, upload.ErrUnderWay):
		return &local.Problem{
			Message: "earlier erasures are not confirmed yet", Hint: "they are tried again until they are; tacit erase --status shows how far they are",
		}
	}
	return err
}

// Erasure says how far the last erasure is.
func (a *Agent) Erasure() local.Erasure {
	out := erasure(a.eraser.State())
	if out.State == local.ErasureUnderWay && !a.running() {
		out.Reason = "no agent is running, so that nothing is sent now"
	}
	return out
}

func erasure(e upload.Erasure) local.Erasure {
	out := local.Erasure{
		State: local.ErasureUnderWay, Ordered: e.Ordered, Finished: e.Finished, Envelopes: e.Envelopes, Confirmed: e.Confirmed,
		Refused: e.Refused, Pages: e.Pages, Open: e.Open, Reason: e.Trouble,
	}
	if e.ForgottenBy != 0 {
		out.ForgottenBy = e.ForgottenBy.String()
	}
	switch {
	case e.Ordered.IsZero():
		out.State = local.ErasureNone
	case !e.Finished.IsZero():
		out.State = local.ErasureDone
	case out.Reason == "":
		out.Reason = "not all replies are here yet: relays keep envelopes for some minutes to mix them"
	}
	return out
}

// become makes this host another installation. first does what has to be done
// while it still is the old one, and decides whether: after an error of it
// nothing has changed. The loops and the local API go on; who asks meanwhile
// waits.
func (a *Agent) become(ctx context.Context, first func(old *parts) error) (local.Reset, error) {
	a.resets.Lock()
	defer a.resets.Unlock()
	if err := ctx.Err(); err != nil {
		return local.Reset{}, err
	}
	old := a.parts // nobody else replaces them
	old.end()
	old.uploader.Hangup()
	a.using.Lock()
	defer a.using.Unlock()
	waiting := old.waiting()
	refused := first(old)
	if err := old.close(); err != nil {
		return local.Reset{}, errors.Join(refused, err)
	}
	fresh, err := a.reopen()
	if err != nil {
		return local.Reset{}, errors.Join(refused, fmt.Errorf("go on as another installation: %w", err))
	}
	a.parts = fresh
	if refused != nil {
		return local.Reset{}, refused
	}
	return local.Reset{
		Installation: local.Installation{ID: fresh.installation.ID.String(), Spoken: identity.Spoken(fresh.installation.ID)},
		Dropped:      waiting, At: a.config.Now().UTC().Truncate(time.Second),
	}, nil
}

// reopen opens the installation that this host is now.
func (a *Agent) reopen() (*parts, error) {
	dir := a.config.Data.Agent()
	in, err := a.settledInstallation(dir)
	if err != nil {
		return nil, err
	}
	if in.ID != a.parts.installation.ID {
		a.own.Renamed(formsOf(in)...)
	}
	return a.openParts(in, dir)
}

// mend opens the installation again where a reset could not, for want of space
// or the like, and says whether it did. Until then nothing is taken.
func (a *Agent) mend() bool {
	a.resets.Lock()
	defer a.resets.Unlock()
	if a.parts.life.Err() == nil {
		return false
	}
	a.using.Lock()
	defer a.using.Unlock()
	fresh, err := a.reopen()
	if err != nil {
		a.config.Logger.Error("open the installation", slog.String("error", bare(err)))
		return false
	}
	a.parts = fresh
	return true
}

// waiting counts the records that were taken and not confirmed.
func (p *parts) waiting() int {
	n := p.spool.Stats().Records
	for _, b := range p.spool.Pending() {
		n += b.Records
	}
	return n
}
