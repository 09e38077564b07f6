package gate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Bounds of what waits in this process for a look: beyond either, puts are
// dropped unanswered.
const (
	maxPendingPuts  = 16 << 10
	maxPendingBytes = 64 << 20
	maxPendingGets  = 4096 // as when all agents come back at once
)

// Gate answers puts and gets. Make one with New, then Start and Stop it.
type Gate struct {
	cfg    Config
	ledger *ledger
	counts counts
	keys   atomic.Pointer[served]

	mu      sync.Mutex
	subs    []*nats.Subscription // between Start and Stop
	dropped int                  // by subscriptions that have ended
}

// New returns a gate that does nothing yet.
func New(cfg Config) (*Gate, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	g := &Gate{cfg: cfg, ledger: newLedger(cfg.Quota, cfg.Peers)}
	return g, g.SetKeyList(cfg.KeyList)
}

// Start begins to answer. Ctx must have a deadline.
func (g *Gate) Start(ctx context.Context) error {
	err := g.subscribe(wire.SubjectPut, maxPendingPuts, g.onPut)
	if err == nil {
		err = g.subscribe(wire.SubjectGetKeys, maxPendingGets, g.onGetKeys)
	}
	if err == nil {
		err = g.subscribe(wire.SubjectGetPolicy, maxPendingGets, g.onGetPolicy)
	}
	if err != nil {
		return errors.Join(err, g.Stop(ctx))
	}
	if err := g.cfg.Conn.FlushWithContext(ctx); err != nil {
		return errors.Join(fmt.Errorf("start the gate: %w", err), g.Stop(ctx))
	}
	return nil
}

func (g *Gate) subscribe(subject string, pending int, h nats.MsgHandler) error {
	sub, err := g.cfg.Conn.Subscribe(subject, h)
	if err != nil {
		return fmt.Errorf("listen on %s: %w", subject, err)
	}
	g.mu.Lock()
	g.subs = append(g.subs, sub)
	g.mu.Unlock()
	if err := sub.SetPendingLimits(pending, maxPendingBytes); err != nil {
		return fmt.Errorf("bound %s: %w", subject, err)
	}
	return nil
}

// Stop takes no more, answers what it had taken, and returns when the answers
// are out or ctx, which must have a deadline, has ended. A second call does
// nothing.
func (g *Gate) Stop(ctx context.Context) error {
	g.mu.Lock()
	subs := g.subs
	g.dropped = g.droppedLocked()
	g.subs = nil
	g.mu.Unlock()
	for _, sub := range subs {
		if err := drain(ctx, sub); err != nil {
			return fmt.Errorf("stop the gate: %w", err)
		}
	}
	if len(subs) == 0 {
		return nil
	}
	if err := g.cfg.Conn.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("stop the gate: send the last answers: %w", err)
	}
	return nil
}

// droppedLocked returns how many messages the client library dropped because
// they came faster than they could be answered. Call with mu held.
func (g *Gate) droppedLocked() int {
	n := g.dropped
	for _, sub := range g.subs {
		if d, err := sub.Dropped(); err == nil {
			n += d
		}
	}
	return n
}

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

func (g *Gate) onGetKeys(m *nats.Msg) {
	if g.get(m, g.keys.Load().bytes) {
		g.counts.keyLists.Add(1)
	}
}

func (g *Gate) onGetPolicy(m *nats.Msg) {
	var policy []byte
	if g.cfg.Policy != nil {
		policy = g.cfg.Policy()
	}
	if g.get(m, policy) {
		g.counts.policies.Add(1)
	}
}

// get answers a plain request, unless a stranger asks.
func (g *Gate) get(m *nats.Msg, data []byte) bool {
	if _, ok := peerOf(m.Reply, g.cfg.Peers); !ok {
		g.counts.stranger.Add(1)
		return false
	}
	g.answer(m.Reply, data)
	return true
}

func (g *Gate) answer(inbox string, data []byte) {
	if err := g.cfg.Conn.Publish(inbox, data); err != nil {
		// The connection is down and the asker's with it: it asks again.
		g.cfg.Logger.Debug("an answer was not sent", slog.Int("bytes", len(data)))
	}
}
