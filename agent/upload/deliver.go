package upload

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const pageKind = envelope.Page

// longestWait is how long a round waits where a relay asks for it. A longer
// wait is for later rounds: a user who asks to send must hear of it.
const longestWait = 10 * time.Second

// delivery is what became of one batch in one round.
type delivery struct {
	sent, bytes, size int
	replied           bool
	kept              string // the status that the user should see
	waits             bool   // it holds what does not take part now
}

// deliver sends one batch until it has a reply, or cannot have one now.
func (u *Uploader) deliver(ctx context.Context, id schema.BatchID) (d delivery, err error) {
	for range u.config.Tries {
		if err := ctx.Err(); err != nil {
			return d, err
		}
		again, err := u.attempt(ctx, id, &d)
		if err != nil || !again {
			return d, err
		}
	}
	return d, ErrNoReply
}

// attempt sends a batch once and waits. It returns true when it should be sent
// again.
func (u *Uploader) attempt(ctx context.Context, id schema.BatchID, d *delivery) (again bool, err error) {
	b, ok, err := u.config.Spool.Load(id)
	if err != nil || !ok {
		return false, err
	}
	if ok, err := u.config.MayGo(b); err != nil || !ok {
		d.waits = !ok
		return false, err
	}
	l, err := u.attach(ctx, true)
	if err != nil {
		return false, err
	}
	if b.Page == nil { // values that must never leave may have come since it was gathered
		if ok, err := u.config.Passes(b); err != nil || !ok {
			return false, errors.Join(err, u.config.Spool.Cut(ctx, spool.Cut{Ends: []schema.BatchID{b.ID}}))
		}
	}
	content, err := u.content(ctx, &b)
	if err != nil {
		return false, err
	}
	sealed, err := u.seal(b, content)
	if err != nil {
		return false, err
	}
	entry, err := u.record(&b, sealed)
	if err != nil {
		return false, err
	}
	if _, ok, err := u.config.Spool.Load(id); err != nil || !ok {
		return false, errors.Join(err, u.config.Outbox.Remove(entry)) // purged meanwhile
	}
	if ok, err := u.stillGoes(l, b); err != nil || !ok { // the site or the host said no meanwhile
		d.waits = err == nil
		return false, errors.Join(err, u.config.Outbox.Remove(entry))
	}
	raw := make(chan []byte, 4)
	defer l.forget(sealed.Attempt)
	if err := l.put(ctx, sealed.Attempt, sealed.Bytes, raw); err != nil {
		u.Hangup()
		return false, errors.Join(err, u.config.Outbox.Answer(entry, "connection lost while sending"))
	}
	d.sent++
	d.bytes += len(sealed.Bytes)
	d.size = len(sealed.Bytes) - wire.HeaderLen - wire.SealLen
	return u.await(ctx, l, &b, outgoing{sealed, b.ID, raw}, entry, d)
}

// stillGoes asks once more, right before a batch leaves: the connection may be
// one on which another policy was heard than the one that MayGo was asked under,
// and it may refuse one programme only.
func (u *Uploader) stillGoes(l *link, b spool.Batch) (bool, error) {
	if err := u.mayPut(l); err != nil {
		return false, err
	}
	return u.config.MayGo(b)
}

// content returns the payload to seal. A page gets its place and is sealed now
// if it never was; its bytes stay the same from then on.
func (u *Uploader) content(ctx context.Context, b *spool.Batch) ([]byte, error) {
	if b.Kind != pageKind {
		return b.Plain, nil
	}
	if b.Page != nil {
		return b.Page.Sealed, nil
	}
	today := u.Today()
	n, err := u.places.take(today)
	if err != nil {
		return nil, err
	}
	p, err := page.Seal(u.config.Root, today, n, u.config.Build, b.Plain)
	if err != nil {
		u.places.giveBack(today, n)
		return nil, err
	}
	b.Page = &spool.Assigned{Day: today, N: n, Sealed: p.Marshal()}
	if err := u.config.Spool.Assign(ctx, b.ID, *b.Page); err != nil {
		if ctx.Err() == nil { // else it may still be written
			u.places.giveBack(today, n)
		}
		return nil, err
	}
	return b.Page.Sealed, nil
}

func (u *Uploader) seal(b spool.Batch, content []byte) (*envelope.Sealed, error) {
	key, err := u.keys.pick(schema.DayOf(u.config.Now()))
	if err != nil {
		return nil, err
	}
	partition := wire.PartitionOf(b.ID)
	if b.Kind == pageKind {
		partition = wire.PartitionOf([16]byte(content[:16])) // of its tag
	}
	return envelope.Seal(key, partition, wire.ClassNormal, envelope.Content{
		Kind: b.Kind, Batch: b.ID, Payload: content, Least: wire.SentBucket,
	})
}

// record keeps the bytes before they leave.
func (u *Uploader) record(b *spool.Batch, s *envelope.Sealed) (uint64, error) {
	e := outbox.Entry{Kind: b.Kind, Batch: b.ID, Envelope: s.Bytes, BodyKey: s.BodyKey, Plain: b.Plain}
	if b.Page != nil {
		e.Day, e.N = b.Page.Day, b.Page.N
	}
	return u.config.Outbox.Add(e)
}

// await waits for hints and the reply.
func (u *Uploader) await(ctx context.Context, l *link, b *spool.Batch, s outgoing, entry uint64, d *delivery) (again bool, err error) {
	reply, again, err := u.replyTo(ctx, l, s, &u.later)
	if again || err != nil {
		return again, err
	}
	d.replied = true
	return u.settle(ctx, b, reply, entry, d)
}

// hint acts on a relay's word, and notes in until when it asks to wait longer than
// an attempt does. done ends the attempt.
func (u *Uploader) hint(ctx context.Context, l *link, m []byte, until *later) (done, again bool, err error) {
	h, err := wire.ParseHint(m)
	if err != nil {
		return false, false, nil // a stranger's noise
	}
	switch h.Code {
	case wire.Off:
		return true, false, ErrSiteOff
	case wire.Later:
		if h.Wait > longestWait {
			until.ask(u.config.Now(), h.Wait)
			return true, false, cmp.Or(u.held(), ErrLater)
		}
		wait(ctx, h.Wait, nil)
		return true, true, nil
	case wire.Reseal:
		return true, true, u.fetchKeys(ctx, l)
	}
	return false, false, nil
}

// settle does what the store's reply says.
func (u *Uploader) settle(ctx context.Context, b *spool.Batch, r envelope.Reply, entry uint64, d *delivery) (again bool, err error) {
	if r.Status == wire.Expired && u.misdated(b, r.Day) {
		r.Status = wire.Redate
	}
	if err := u.config.Outbox.Answer(entry, r.Status.String()); err != nil {
		return false, fmt.Errorf("note the reply: %w", err)
	}
	if r.Status == wire.Redate {
		return false, u.redate(ctx, b, r.Day)
	}
	if !r.Status.Final() {
		d.kept = r.Status.String()
		u.config.Logger.Warn("store refused a batch", slog.String("status", d.kept))
	}
	return false, u.config.Spool.Release(ctx, b.ID, r.Status)
}
