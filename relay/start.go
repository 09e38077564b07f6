package relay

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/relay/forward"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/relay/pool"
)

// startWithin bounds Start: a stream of many crates takes a while to open.
const startWithin = 10 * time.Second

// step is how one part that Start began is ended.
type step struct {
	name string
	end  func(ctx context.Context) error
}

// Start starts every part, from the stream outwards, and opens the door last.
// Ctx bounds starting only, which may take 10 s at most. When a part does not
// start, those before it are ended again. The error wraps [ErrPortInUse] when
// the address is taken.
func (r *Relay) Start(ctx context.Context) error {
	r.mu.Lock()
	again := r.started
	r.started = true
	r.mu.Unlock()
	if again {
		return errors.New("start the relay: it was started before: make a new one")
	}
	bounded, cancel := context.WithTimeout(ctx, startWithin)
	defer cancel()
	if err := r.start(bounded); err != nil {
		return errors.Join(err, r.Stop(context.WithoutCancel(ctx)))
	}
	r.cfg.Logger.Info("relay is open", slog.Bool("tls", r.cfg.TLS != nil), slog.Int("groups", max(r.cfg.Groups, 1)))
	return nil
}

func (r *Relay) start(ctx context.Context) error {
	r.onStop("door", r.door.Stop)
	if err := r.door.Start(ctx); err != nil {
		return err
	}
	agents, err := r.connect(door.RoleGate)
	if err != nil {
		return err
	}
	edge, err := r.connect(door.RoleForward)
	if err != nil {
		return err
	}
	r.onStop("store's connections", r.closeStore)
	if err := r.makeParts(agents, edge); err != nil {
		return err
	}
	r.onStop("forwarder", r.forward.Stop)
	if err := r.forward.Start(ctx); err != nil {
		return err
	}
	r.runPool(ctx)
	r.onStop("gate", r.gate.Stop)
	if err := r.gate.Start(ctx); err != nil {
		return err
	}
	r.onStop("listener", func(context.Context) error { return r.door.Close() })
	return r.door.Open(ctx)
}

// makeParts makes what stands between the two connections.
func (r *Relay) makeParts(agents, edge *nats.Conn) error {
	f, err := forward.New(forward.Config{
		Edge: edge, Agents: agents, Groups: r.cfg.Groups, MaxBytes: r.cfg.MaxStore, Logger: r.cfg.Logger,
	})
	if err != nil {
		return err
	}
	p := pool.New(pool.Config{
		Next: f, MinPeers: r.cfg.MinPeers, MaxWait: r.cfg.MaxWait, FlushEvery: r.cfg.FlushEvery,
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	g, err := gate.New(gate.Config{
		Conn: agents, Peers: r.door, Pool: p, KeyList: r.cfg.KeyList,
		Decide: r.cfg.Decide, Quota: r.cfg.Quota, Logger: r.cfg.Logger, Now: r.cfg.Now,
	})
	if err != nil {
		return err
	}
	r.forward, r.pool, r.gate = f, p, g
	return nil
}

// runPool runs the pool until Stop, which then passes on what it holds.
func (r *Relay) runPool(ctx context.Context) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.pool.Run(ctx)
	}()
	r.onStop("pool", func(ctx context.Context) error {
		cancel()
		<-done
		ctx, cancel := context.WithTimeout(ctx, flushWithin)
		defer cancel()
		return r.pool.Flush(ctx)
	})
}

func (r *Relay) connect(role door.Role) (*nats.Conn, error) {
	c, err := r.door.Conn(role)
	if err != nil {
		return nil, err
	}
	r.onStop(fmt.Sprintf("connection of %s", role), func(context.Context) error {
		c.Close()
		return nil
	})
	return c, nil
}

func (r *Relay) closeStore(context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.store {
		c.Close()
	}
	r.store = nil
	return nil
}

func (r *Relay) onStop(name string, end func(context.Context) error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.teardown = append(r.teardown, step{name: name, end: end})
}
