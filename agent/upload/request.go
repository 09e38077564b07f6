package upload

import (
	"context"
	"time"

	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Request is what this host's user asked for: a support code's grant, an order to
// revoke one, a question for notes. It is no batch: nothing of it is spooled.
type Request struct {
	Kind    envelope.Kind
	Tag     [16]byte // whose partition it belongs to
	Payload []byte
}

// Ask sends a request until it has the store's reply, or cannot have one now; it
// keeps it in the outbox, as everything that leaves. Nothing leaves when this host
// or its site does not take part: the error wraps [ErrHeld] then. It waits as long
// as ctx lets it, and leaves at once, so that its moment is not mixed with others'.
func (u *Uploader) Ask(ctx context.Context, r Request) (envelope.Reply, error) {
	ctx, end := u.mayEnd(ctx)
	defer end()
	batch := schema.NewBatchID()
	for range u.config.Tries {
		reply, again, err := u.askOnce(ctx, r, batch)
		if err != nil || !again {
			return reply, err
		}
	}
	return envelope.Reply{}, ErrNoReply
}

// mayEnd makes a context that ends when nothing may leave any more.
func (u *Uploader) mayEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	u.mu.Lock()
	defer u.mu.Unlock()
	u.asking[ctx] = cancel
	return ctx, func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		delete(u.asking, ctx)
		cancel()
	}
}

// askOnce sends a request once and waits. again says that it should be sent again.
func (u *Uploader) askOnce(ctx context.Context, r Request, batch schema.BatchID) (reply envelope.Reply, again bool, err error) {
	if !u.mayListen() || u.config.SiteOff() {
		return reply, false, ErrHeld
	}
	if u.askLater.left(u.config.Now()) > 0 {
		return reply, false, ErrLater
	}
	l, err := u.attach(ctx, true)
	if err != nil {
		return reply, false, err
	}
	key, err := u.keys.pick(schema.DayOf(u.config.Now()))
	if err != nil {
		return reply, false, err
	}
	sealed, err := envelope.Seal(key, wire.PartitionOf(r.Tag), wire.ClassUser, envelope.Content{
		Kind: r.Kind, Batch: batch, Payload: r.Payload, Least: wire.SentBucket,
	})
	if err != nil {
		return reply, false, err
	}
	entry, err := u.config.Outbox.Add(outbox.Entry{Kind: r.Kind, Batch: batch, Envelope: sealed.Bytes, BodyKey: sealed.BodyKey, Plain: r.Payload})
	if err != nil {
		return reply, false, err
	}
	if err := u.mayPut(l); err != nil { // the site or the host said no meanwhile
		_ = u.config.Outbox.Remove(entry) // it says more than was sent
		return reply, false, err
	}
	raw := make(chan []byte, 4)
	defer l.forget(sealed.Attempt)
	if err := l.put(ctx, sealed.Attempt, sealed.Bytes, raw); err != nil {
		u.Hangup()
		return reply, false, err
	}
	reply, again, err = u.replyTo(ctx, l, outgoing{sealed, batch, raw}, &u.askLater)
	if err != nil || again {
		return reply, again, err
	}
	return reply, false, u.config.Outbox.Answer(entry, reply.Status.String())
}

// outgoing is an envelope that left and waits for its reply.
type outgoing struct {
	sealed *envelope.Sealed
	batch  schema.BatchID
	raw    <-chan []byte
}

// replyTo waits for the store's reply to an attempt, and heeds hints; a wait that
// a relay asks for is noted in until. again says that it should be sent again.
func (u *Uploader) replyTo(ctx context.Context, l *link, s outgoing, until *later) (reply envelope.Reply, again bool, err error) {
	timeout := time.NewTimer(u.config.Timeout)
	defer timeout.Stop()
	warned := false // a relay that makes replies up must not fill this host's log
	for {
		select {
		case <-ctx.Done():
			return reply, false, ctx.Err()
		case <-timeout.C:
			return reply, true, nil
		case <-l.ended:
			return reply, false, ErrLost
		case m := <-s.raw:
			if len(m) == wire.ReplyLen {
				reply, err := envelope.OpenReply(s.sealed.ReplyKey, s.sealed.Attempt, m)
				if err != nil || reply.Batch != s.batch {
					if !warned {
						u.config.Logger.Warn("ignored a reply that is not the store's")
					}
					warned = true
					continue
				}
				return reply, false, nil
			}
			if done, again, err := u.hint(ctx, l, m, until); done {
				return reply, again, err
			}
		}
	}
}
