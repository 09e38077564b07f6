package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/support"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/page"
)

// Days that a code opens, and that notes are asked of, when nobody says.
const (
	codeDays   = 7
	lookupDays = 7
)

// goesOn is what is said of a request whose answer is not here yet.
const goesOn = "not all replies are here yet: relays keep envelopes for some minutes to mix them, or one of them is away; it goes on"

// SupportCode makes a code that opens the last days of this installation for
// support, until its own day is over. It waits for the store's word, 30 s at most;
// the code is on its way then, also after a restart.
func (a *Agent) SupportCode(ctx context.Context, o local.SupportOrder) (local.SupportCode, error) {
	if o.Days == 0 {
		o.Days = codeDays
	}
	if o.Days < 0 || o.Days > page.MaxGrantDays {
		return local.SupportCode{}, &local.Problem{Message: "so many days no support code opens", Hint: fmt.Sprintf("ask for 1 to %d days", page.MaxGrantDays)}
	}
	if err := a.mayAsk("no support code is made"); err != nil {
		return local.SupportCode{}, err
	}
	p, release := a.held()
	m, err := p.support.Mint(o.Days)
	release()
	if err != nil {
		return local.SupportCode{}, a.whyNoCode(err)
	}
	out := local.SupportCode{Code: m.Code.Spoken(), Days: m.Days, Until: m.Until}
	delivered := make(chan support.Minted, 1) // the store's day may have moved its end
	answered, err := a.order(ctx, func(ctx context.Context, p *parts) error {
		err := p.support.Deliver(ctx, &m)
		delivered <- m
		return err
	})
	switch {
	case !answered:
		out.Reason = goesOn
	case errors.Is(err, support.ErrRefused):
		return local.SupportCode{}, a.whyNoCode(err)
	case err != nil:
		out.Reason, out.Until = a.Reason(err)+"; it is tried again until the store has it", (<-delivered).Until
	default:
		out.Confirmed, out.Until = true, (<-delivered).Until
	}
	return out, nil
}

// RevokeCodes has the store destroy the grants of all support codes that live. It
// waits, and goes on, as SupportCode does.
func (a *Agent) RevokeCodes(ctx context.Context) (local.Revoked, error) {
	if err := a.mayAsk("no support code is revoked"); err != nil {
		return local.Revoked{}, err
	}
	var out local.Revoked
	counted := make(chan int, 1)
	answered, err := a.order(ctx, func(ctx context.Context, p *parts) error {
		n, err := p.support.Revoke(ctx)
		counted <- n
		return err
	})
	if answered {
		out.Revoked = <-counted
	}
	switch {
	case !answered:
		out.Reason = goesOn
	case err != nil:
		out.Reason = a.Reason(err) + "; it is tried again until the store has done it"
	default:
		out.Confirmed = true
	}
	return out, nil
}

// Lookups asks the store for the notes of those who opened this installation's
// history, one question a day. It waits as SupportCode does; what comes later is
// there when it is asked again.
func (a *Agent) Lookups(ctx context.Context, o local.LookupsOrder) (local.Lookups, error) {
	if o.Days == 0 {
		o.Days = lookupDays
	}
	if o.Days < 0 || o.Days > support.MaxDays {
		return local.Lookups{}, &local.Problem{Message: "notes of so many days are not kept", Hint: fmt.Sprintf("ask for 1 to %d days", support.MaxDays)}
	}
	if err := a.mayAsk("nobody is asked who opened this history"); err != nil {
		return local.Lookups{}, err
	}
	answered, err := a.order(ctx, func(ctx context.Context, p *parts) error { return p.support.Collect(ctx, o.Days) })
	p, release := a.held()
	out := shownLookups(p.support.Lookups(o.Days))
	release()
	switch {
	case !answered:
		out.Reason = goesOn + ", and what has come is shown when you ask again"
	case err != nil:
		out.Reason = a.Reason(err)
	}
	return out, nil
}

func shownLookups(in support.Lookups) local.Lookups {
	out := local.Lookups{Lookups: []local.Lookup{}, More: in.More, Unread: []string{}}
	for _, l := range in.All {
		by := local.ByID
		if l.ByCode {
			by = local.ByCode
		}
		out.Lookups = append(out.Lookups, local.Lookup{At: l.At, Ticket: l.Ticket, By: by})
	}
	for _, d := range in.Unread {
		out.Unread = append(out.Unread, d.String())
	}
	return out
}

// mayAsk says why nothing that a user asks for may leave now, or nil.
func (a *Agent) mayAsk(not string) error {
	if !a.running() {
		return local.ErrNotRunning
	}
	if a.maySend() {
		return nil
	}
	return &local.Problem{
		Message: not + ": nothing leaves this host now: " + a.Reason(upload.ErrHeld),
		Hint:    "tacit why says who decided; support codes that live end by themselves on their day",
	}
}

// order does what a user asked for with the parts of this installation, and says
// whether it was answered before its asker's patience was over. It goes on then.
func (a *Agent) order(ctx context.Context, do func(context.Context, *parts) error) (answered bool, err error) {
	done := make(chan error, 1)
	a.sends.Go(func() {
		p, within, release := a.hold(a.life)
		defer release()
		done <- do(within, p)
	})
	patience := time.NewTimer(sendPatience)
	defer patience.Stop()
	select {
	case err := <-done:
		return true, err
	case <-ctx.Done():
	case <-patience.C:
	}
	return false, nil
}

// whyNoCode says what to do when there is no code.
func (a *Agent) whyNoCode(err error) error {
	if errors.Is(err, support.ErrTooMany) {
		return &local.Problem{Message: err.Error(), Hint: "take them back first: tacit id --revoke"}
	}
	a.config.Logger.Error("make a support code", slog.String("error", bare(err)))
	return &local.Problem{Message: "no support code is made: " + a.Reason(err), Hint: "tacit why says how the connection stands"}
}
