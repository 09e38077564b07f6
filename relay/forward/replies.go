package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Bounds of replies that wait in this process: beyond either they are dropped,
// and their agents send again and are answered then.
const (
	maxPendingReplies = 4096
	maxPendingBytes   = 32 << 20
)

// listen begins to hear the stores' replies.
func (f *Forward) listen(ctx context.Context) error {
	sub, err := f.cfg.Edge.Subscribe(wire.SubjectReply, f.onReplies)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", wire.SubjectReply, err)
	}
	f.mu.Lock()
	f.sub = sub
	f.mu.Unlock()
	if err := sub.SetPendingLimits(maxPendingReplies, maxPendingBytes); err != nil {
		return errors.Join(fmt.Errorf("bound %s: %w", wire.SubjectReply, err), f.Stop(ctx))
	}
	if err := f.cfg.Edge.FlushWithContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("listen on %s: %w", wire.SubjectReply, err), f.Stop(ctx))
	}
	return nil
}

// droppedLocked returns how many messages the client library dropped. Call
// with mu held.
func (f *Forward) droppedLocked() int {
	if f.sub == nil {
		return f.dropped
	}
	d, err := f.sub.Dropped()
	if err != nil { // the subscription has ended with its connection
		return f.dropped
	}
	return f.dropped + d
}

func (f *Forward) onReplies(m *nats.Msg) {
	replies, err := wire.ParseReplies(m.Data)
	if err != nil {
		f.counts.malformed.Add(1)
		return
	}
	for i := range replies {
		f.bring(&replies[i])
	}
}

// bring brings one reply to the inbox of its sender, if one waits here.
func (f *Forward) bring(r *wire.Routed) {
	inbox, ok := f.routes.take(r.Attempt)
	if !ok {
		f.counts.strays.Add(1)
		return
	}
	if err := f.cfg.Agents.Publish(inbox, r.Reply[:]); err != nil {
		f.cfg.Logger.Debug("a reply was not brought back", slog.Any("error", err))
		return
	}
	f.counts.replies.Add(1)
}

// Stop hears no more replies, brings back those that it had, and returns when
// they are out or ctx, which must have a deadline, has ended. A second call
// does nothing.
func (f *Forward) Stop(ctx context.Context) error {
	f.mu.Lock()
	sub := f.sub
	f.dropped = f.droppedLocked()
	f.sub = nil
	f.mu.Unlock()
	if sub == nil {
		return nil
	}
	closed := sub.StatusChanged(nats.SubscriptionClosed)
	if err := sub.Drain(); err != nil {
		return fmt.Errorf("stop the forwarder: %w", err)
	}
	select {
	case <-closed:
	case <-ctx.Done():
		return fmt.Errorf("stop the forwarder: %w", ctx.Err())
	}
	if err := f.cfg.Agents.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("stop the forwarder: send the last replies: %w", err)
	}
	return nil
}
