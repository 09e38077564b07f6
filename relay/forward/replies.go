package forward

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Bounds of replies that wait in this process: beyond either they are dropped,
// and their agents send again and are answered then.
const (
	maxPendingReplies = 4096
	maxPendingBytes   = 32 << 20
)

// maxPendingLists bounds key lists that wait: each replaces the one before.
const maxPendingLists = 16

// listen begins to hear the stores' replies and key lists.
func (f *Forward) listen(ctx context.Context) error {
	err := f.subscribe(wire.SubjectReply, maxPendingReplies, f.onReplies)
	if err == nil {
		err = f.subscribe(wire.SubjectKeys, maxPendingLists, f.onKeyList)
	}
	if err == nil {
		err = f.cfg.Edge.FlushWithContext(ctx)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("listen to the stores: %w", err), f.Stop(ctx))
	}
	return nil
}

func (f *Forward) subscribe(subject string, pending int, h nats.MsgHandler) error {
	sub, err := f.cfg.Edge.Subscribe(subject, h)
	if err != nil {
		return fmt.Errorf("subscribe %s: %w", subject, err)
	}
	f.mu.Lock()
	f.subs = append(f.subs, sub)
	f.mu.Unlock()
	if err := sub.SetPendingLimits(pending, maxPendingBytes); err != nil {
		return fmt.Errorf("bound %s: %w", subject, err)
	}
	return nil
}

// droppedLocked returns how many messages the client library dropped. Call
// with mu held.
func (f *Forward) droppedLocked() int {
	n := f.dropped
	for _, sub := range f.subs {
		if d, err := sub.Dropped(); err == nil { // else it has ended with its connection
			n += d
		}
	}
	return n
}

// onKeyList takes a list and tells the store that asks which one is served now.
func (f *Forward) onKeyList(m *nats.Msg) {
	served := f.cfg.KeyList(m.Data)
	if m.Reply == "" {
		return
	}
	_ = m.Respond(served) // a store that hears nothing tells its list again
}

func (f *Forward) onReplies(m *nats.Msg) {
	replies, err := wire.ParseReplies(m.Data)
	if err != nil {
		f.counts.malformed.Add(1)
		return
	}
	for i := range replies {
		f.senders.bring(replies[i].Attempt, replies[i].Reply[:])
	}
}

// Stop hears no more of the stores, brings back the replies that it had, and
// returns when they are out or ctx, which must have a deadline, has ended. A
// second call does nothing.
func (f *Forward) Stop(ctx context.Context) error {
	if f.cancel != nil {
		f.cancel()
		<-f.done // what it waits for ends with its ctx
	}
	f.mu.Lock()
	subs := f.subs
	f.dropped = f.droppedLocked()
	f.subs = nil
	f.mu.Unlock()
	if len(subs) == 0 {
		return nil
	}
	for _, sub := range subs {
		if err := drain(ctx, sub); err != nil {
			return fmt.Errorf("stop the forwarder: %w", err)
		}
	}
	if err := f.cfg.Agents.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("stop the forwarder: send the last replies: %w", err)
	}
	return nil
}

// drain ends a subscription and waits until what it had is handled.
func drain(ctx context.Context, sub *nats.Subscription) error {
	closed := sub.StatusChanged(nats.SubscriptionClosed)
	if err := sub.Drain(); err != nil {
		return err
	}
	select {
	case <-closed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
