package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/relay/forward"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Relay is one relay. Make one with New, then Start and Stop it, once.
type Relay struct {
	cfg  Config
	door *door.Door

	mu       sync.Mutex // guards what follows
	started  bool
	gate     *gate.Gate // nil before Start
	pool     *pool.Pool
	forward  *forward.Forward
	store    []*nats.Conn // given out by StoreConn
	teardown []step
	stopping sync.Mutex // held by Stop, so that a second one waits
}

// New checks the configuration, makes the relay's directory, and returns a
// relay that does nothing yet.
func New(ctx context.Context, cfg Config) (*Relay, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	if err := checkKeyList(cfg.KeyList); err != nil {
		return nil, err
	}
	addr, err := resolve(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	if err := durable.MakeOwnerDir(cfg.Dir); err != nil {
		return nil, fmt.Errorf("make the relay's directory: %w", err)
	}
	if cfg.MaxStore == 0 {
		if cfg.MaxStore, err = defaultMaxStore(cfg.Dir, cfg.streamDir()); err != nil {
			return nil, err
		}
	}
	d, err := door.New(door.Config{
		StreamDir: cfg.streamDir(), Listen: addr, TLS: cfg.TLS, Credential: cfg.Credential,
		MaxConns: cfg.MaxConns, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	return &Relay{cfg: cfg, door: d}, nil
}

func checkKeyList(list []byte) error {
	if list == nil {
		return nil
	}
	if _, _, _, err := wire.ParseKeyList(list); err != nil {
		return fmt.Errorf("make a relay: serve the key list: %w", err)
	}
	return nil
}

// Addr returns the address that agents connect to; nil before Start.
func (r *Relay) Addr() net.Addr { return r.door.Addr() }

// StoreConn returns an in-process connection for a store: it may read crates
// with the groups' consumers and publish replies, nothing else. The caller may
// close it; Stop does.
func (r *Relay) StoreConn() (*nats.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.teardown) == 0 {
		return nil, fmt.Errorf("connect the store: %w", door.ErrStopped)
	}
	c, err := r.door.Conn(door.RoleStore)
	if err == nil {
		r.store = append(r.store, c)
	}
	return c, err
}

// SetKeyList replaces the key list that agents are given from now on. An error
// that wraps [wire.ErrForm] leaves the list as it was.
func (r *Relay) SetKeyList(list []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gate != nil {
		return r.gate.SetKeyList(list)
	}
	if err := checkKeyList(list); err != nil {
		return err
	}
	r.cfg.KeyList = list
	return nil
}

// Stats are the counts of every part; no names, no addresses.
type Stats struct {
	Door    door.Stats
	Gate    gate.Stats
	Pool    pool.Stats
	Forward forward.Stats
}

// Stats returns the counts since Start.
func (r *Relay) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Stats{Door: r.door.Stats()}
	if r.gate != nil {
		s.Gate, s.Pool, s.Forward = r.gate.Stats(), r.pool.Stats(), r.forward.Stats()
	}
	return s
}

// Bounds of Stop as a whole and of passing on what the pool still holds.
const (
	stopWithin  = 1500 * time.Millisecond
	flushWithin = 800 * time.Millisecond
)

// Stop takes no more envelopes, passes on those it had queued, and ends every
// part, in the reverse order of Start, within 1.5 s or when ctx ends. A second
// call does nothing. The error says what was not done in time.
func (r *Relay) Stop(ctx context.Context) error {
	r.stopping.Lock()
	defer r.stopping.Unlock()
	ctx, cancel := context.WithTimeout(ctx, stopWithin)
	defer cancel()
	r.mu.Lock()
	steps := r.teardown
	r.teardown = nil
	r.mu.Unlock()
	var errs []error
	for i := len(steps) - 1; i >= 0; i-- {
		if err := steps[i].end(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", steps[i].name, err))
		}
	}
	return errors.Join(errs...)
}
