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

// startWithin bounds Start: all that is in the stream is read and checked.
const startWithin = time.Minute

// step is how one part that Start began is ended.
type step struct {
	name string
	end  func(ctx context.Context) error
}

// Start starts every part, from the stream outwards, and opens the door last.
// Ctx bounds starting only, which may take a minute at most. When a part does not
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
	r.mu.Lock()
	r.open = true
	r.mu.Unlock()
	r.cfg.Logger.Info("relay is open", slog.Bool("tls", r.cfg.TLS != nil), slog.Bool("site", r.cfg.Site), slog.Bool("edge", r.cfg.Next == nil))
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
	if err := r.makeParts(agents); err != nil {
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
	r.startSite(ctx, agents)
	r.onStop("listener", func(context.Context) error { return r.door.Close() })
	if err := r.door.Open(ctx); err != nil {
		return err
	}
	return r.startConsole(ctx)
}

// makeParts makes what stands between agents and the next hop.
func (r *Relay) makeParts(agents *nats.Conn) error {
	f, err := r.makeForward(agents)
	if err != nil {
		return err
	}
	p := pool.New(pool.Config{
		Next: f, MinPeers: r.cfg.MinPeers, MaxWait: r.cfg.MaxWait, FlushEvery: r.cfg.FlushEvery,
	})
	c := gate.Config{
		Conn: agents, Peers: r.door, Pool: p, KeyList: r.keys.current(),
		Quota: r.cfg.Quota, Logger: r.cfg.Logger, Now: r.cfg.Now,
	}
	if r.site != nil {
		c.Decide, c.Policy = r.site.decide, r.site.told
	}
	g, err := gate.New(c)
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forward, r.pool, r.gate = f, p, g
	return nil
}

// makeForward makes the forwarder to the next relay, or to the stream.
func (r *Relay) makeForward(agents *nats.Conn) (forwarder, error) {
	if n := r.cfg.Next; n != nil {
		return forward.NewChain(forward.ChainConfig{
			Relays: n.Relays, Fingerprint: n.Fingerprint, Credential: n.Credential, Agents: agents,
			KeyList: r.hearKeyList, Connected: r.retry, Logger: r.cfg.Logger,
		})
	}
	edge, err := r.connect(door.RoleForward)
	if err != nil {
		return nil, err
	}
	r.onStop("store's connections", r.closeStore)
	return forward.New(forward.Config{
		Edge: edge, Agents: agents, Files: r.door, Mended: r.retry, Groups: r.cfg.Groups, MaxBytes: r.cfg.MaxStore, KeyList: r.answerKeyList, Logger: r.cfg.Logger,
	})
}

// retry lets the pool try at once: the next hop works again.
func (r *Relay) retry() {
	r.mu.Lock()
	p := r.pool
	r.mu.Unlock()
	if p != nil { // else it is being started
		p.Retry()
	}
}

// runPool runs the pool until Stop, which then passes on what it holds.
func (r *Relay) runPool(ctx context.Context) {
	r.onStop("what is queued", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, flushWithin)
		defer cancel()
		if err := r.pool.Flush(ctx); err != nil {
			// No failure of a stop: nothing that a pool holds was confirmed.
			r.cfg.Logger.Warn("not all that was queued went on", slog.String("reason", err.Error()))
		}
		return nil
	})
	r.run(ctx, "pool", r.pool.Run)
}

// run runs a loop until Stop ends its ctx and waits for it.
func (r *Relay) run(ctx context.Context, name string, loop func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx)) // ctx bounds starting only
	done := make(chan struct{})
	go func() {
		defer close(done)
		loop(ctx)
	}()
	r.onStop(name, func(context.Context) error {
		cancel()
		<-done
		return nil
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
