package agent

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// The local API is a view of the agent.
var _ local.Agent = (*Agent)(nil)

// Take takes what a product offers.
func (a *Agent) Take(ctx context.Context, records []schema.Record, quiet bool) ([]intake.Answer, error) {
	p, ctx, release := a.hold(ctx)
	defer release()
	start := time.Now()
	answers, err := p.intake.Take(ctx, records, quiet)
	if err == nil && a.timing.due(start) {
		a.tell(ctx, p, "tacit.operation.duration", schema.Number(time.Since(start).Microseconds()), schema.Label{Name: "operation", Value: "spool"})
	}
	if err != nil {
		a.config.Logger.Error("take records", slog.String("error", bare(err)))
	}
	return answers, err
}

// Never remembers values that must never leave.
func (a *Agent) Never(values ...string) int { return a.own.Never(values...) }

// Installation returns the installation ID in both forms.
func (a *Agent) Installation() local.Installation {
	p, release := a.held()
	defer release()
	return local.Installation{ID: p.installation.ID.String(), Spoken: identity.Spoken(p.installation.ID)}
}

// Why says whether this host takes part.
func (a *Agent) Why() local.Why {
	why := local.Why{Decision: a.participation.Decide(), Connection: a.connection()}
	if why.MaySend && a.inGrace() {
		why.SendsFrom = a.created.Add(a.config.Grace)
	}
	return why
}

// Participate changes this host's own refusal. A refusal is in force when it
// returns.
func (a *Agent) Participate(ctx context.Context, how local.Participate) (local.Why, error) {
	err := a.participate(ctx, how)
	if err != nil {
		a.config.Logger.Error("change participation", slog.String("error", bare(err)))
	}
	return a.Why(), err
}

func (a *Agent) participate(ctx context.Context, how local.Participate) error {
	if how.On {
		err := a.participation.On(ctx, "the local API")
		wake(a.turnedOn) // do not wait for the end of a pause
		return err
	}
	err := a.participation.Off(ctx, "the local API")
	a.changed()
	if err != nil || !how.Purge {
		return err
	}
	p, ctx, release := a.hold(ctx)
	defer release()
	p.facts.forget()
	return errors.Join(p.spool.Purge(ctx), p.outbox.Purge())
}

// sendPatience is how long whoever asks to send waits for the replies.
const sendPatience = 30 * time.Second

// Send gathers and sends now. It says why when it does not, and answers after
// 30 s at the latest; sending goes on then.
func (a *Agent) Send(ctx context.Context) local.Sent {
	start := time.Now()
	type round struct {
		upload.Summary
		error
	}
	done, before := make(chan round, 1), a.newestSent()
	a.sends.Go(func() {
		sum, err := a.Round(a.life, true)
		done <- round{sum, err}
		giveBack(sum)
	})
	select {
	case r := <-done:
		return a.sent(start, r.Summary, r.error)
	case <-ctx.Done():
	case <-time.After(sendPatience):
	}
	return a.unanswered(int(a.newestSent()-before), time.Since(start))
}

// unanswered tells of a round that is still on.
func (a *Agent) unanswered(sent int, took time.Duration) local.Sent {
	out := local.Sent{Sent: sent, DurationMS: took.Milliseconds()}
	const goesOn = "sending goes on, what is not confirmed is kept, and tacit outbox shows what came of it"
	switch trouble := a.trouble(); {
	case sent > 0:
		out.Reason = "not all replies are here yet: relays keep envelopes for some minutes to mix them, or one of them is away; " + goesOn
	case trouble != "":
		out.Reason, out.Failed = trouble, a.maySend()
	default:
		out.Reason = "none left in this time: what was sent before waits for its replies, or the connection is not made yet; " + goesOn
	}
	return out
}

// newestSent returns the number of the outbox's newest entry; 0 when there is
// none.
func (a *Agent) newestSent() uint64 {
	p, release := a.held()
	defer release()
	entries, err := p.outbox.Entries()
	if err != nil || len(entries) == 0 {
		return 0
	}
	return entries[len(entries)-1].Number
}

// sent tells what came of a round.
func (a *Agent) sent(start time.Time, sum upload.Summary, err error) local.Sent {
	out := local.Sent{
		Sent: sum.Sent, Batches: sum.Batches, Replies: sum.Replies, BytesSent: sum.Bytes, Sizes: sum.Sizes,
		DurationMS: time.Since(start).Milliseconds(), Kept: sum.Kept,
	}
	switch why := a.Why(); {
	case err != nil:
		out.Reason, out.Failed = a.Reason(err), a.maySend()
	case sum.Batches == 0 && !why.MaySend:
		out.Reason = why.Reason
	case sum.Batches == 0:
		out.Reason = "nothing waits to be sent"
	}
	return out
}

// Reason says in plain words why nothing was sent.
func (a *Agent) Reason(err error) string {
	why, trouble := a.Why(), a.trouble()
	switch {
	case errors.Is(err, intake.ErrClock), a.config.Now().Before(schema.EarliestClock):
		return "the clock of this host is not set: nothing is sent until it is right"
	case (errors.Is(err, upload.ErrHeld) || errors.Is(err, upload.ErrNoRelay)) && a.inGrace() && why.State != participation.Off:
		return fmt.Sprintf("in grace: nothing is sent until %s", a.created.Add(a.config.Grace).Format(time.RFC3339))
	case !why.MayListen, why.SiteOff:
		return why.Reason
	case trouble != "":
		return trouble
	case errors.Is(err, upload.ErrHeld) && !why.MaySend:
		return why.Reason
	}
	return bare(err)
}

// trouble says what is wrong with the way to the store, see
// [upload.Uploader.Trouble].
func (a *Agent) trouble() string {
	p, release := a.held()
	defer release()
	return p.uploader.Trouble()
}

// Preview returns what the next envelopes would hold.
func (a *Agent) Preview() (local.Preview, error) {
	out := local.Preview{Sends: a.maySend(), Pages: []local.Page{}, Fragments: []local.Fragment{}}
	p, release := a.held()
	defer release()
	batches, err := p.intake.Preview()
	if err != nil {
		return out, err
	}
	for _, pending := range p.spool.Pending() {
		b, ok, err := p.spool.Load(pending.ID)
		if err != nil {
			return out, err
		}
		if ok {
			batches = append(batches, b)
		}
	}
	for _, b := range batches {
		page, fragment, err := show(b.Kind, b.Plain)
		if err != nil {
			return out, err
		}
		if page != nil {
			out.Pages = append(out.Pages, *page)
		}
		if fragment != nil {
			out.Fragments = append(out.Fragments, *fragment)
		}
	}
	return out, nil
}

// Outbox lists what was sent.
func (a *Agent) Outbox() ([]local.Entry, error) {
	p, release := a.held()
	defer release()
	entries, err := p.outbox.Entries()
	if err != nil {
		return nil, err
	}
	out := make([]local.Entry, len(entries))
	again := map[schema.BatchID]uint64{} // the entry of a later attempt
	for i, e := range slices.Backward(entries) {
		out[i] = entry(e)
		if n := again[e.Batch]; n > 0 && e.Outcome == "" {
			out[i].Outcome = fmt.Sprintf("no reply; sent again as %d", n)
		}
		again[e.Batch] = e.Number
	}
	return out, nil
}

// OutboxEntry returns one entry with its bytes, its key and its content.
func (a *Agent) OutboxEntry(number uint64) (local.Entry, error) {
	p, release := a.held()
	defer release()
	e, err := p.outbox.Entry(number)
	if err != nil {
		return local.Entry{}, err
	}
	out := entry(e)
	out.Envelope, out.BodyKey, out.Plain = e.Envelope, hex.EncodeToString(e.BodyKey[:]), e.Plain
	if out.Page, out.Fragment, err = show(e.Kind, e.Plain); err != nil {
		return local.Entry{}, err
	}
	if out.Page != nil && e.Kind == envelope.Page && len(e.Envelope) > 0 {
		out.Page.Place = fmt.Sprintf("%s number %d", e.Day, e.N)
	}
	return out, nil
}

func entry(e *outbox.Entry) local.Entry {
	out := local.Entry{
		Number: e.Number, Sent: time.Unix(e.Sent, 0).UTC().Format(time.RFC3339),
		Kind: e.Kind.String(), Bytes: len(e.Envelope), Outcome: e.Outcome,
	}
	if out.Outcome == "" {
		out.Outcome = "no reply yet"
	}
	return out
}

// OutboxVerify proves entry by entry that what was sent is what is shown.
func (a *Agent) OutboxVerify() ([]local.Proof, error) {
	p, release := a.held()
	defer release()
	entries, err := p.outbox.Entries()
	if err != nil {
		return nil, err
	}
	out := make([]local.Proof, 0, len(entries))
	for _, e := range entries {
		proof := local.Proof{Number: e.Number, Proved: true}
		if err := e.Verify(p.root); err != nil {
			proof.Proved, proof.Error = false, err.Error()
		}
		out = append(out, proof)
	}
	return out, nil
}

// Status counts.
func (a *Agent) Status() local.Status {
	p, release := a.held()
	defer release()
	s := p.spool.Stats()
	return local.Status{
		Spool:   local.Spool{Bytes: s.Bytes, Records: s.Records, Batches: s.Batches, Dropped: s.Dropped, Aside: s.Aside},
		Refused: p.intake.Refused(), StoreRefused: storeRefused(p.outbox.Outcomes()), Unmapped: a.unmapped(),
	}
}

// storeRefused returns the outcomes that are the store's refusal for good.
func storeRefused(outcomes map[string]int) map[string]int {
	out := map[string]int{}
	for _, s := range []wire.Status{wire.BadForm, wire.Expired, wire.Erased, wire.Conflict} {
		if n := outcomes[s.String()]; n > 0 {
			out[s.String()] = n
		}
	}
	return out
}
