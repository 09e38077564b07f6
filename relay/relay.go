package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/relay/console"
	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/relay/forward"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/relay/pool"
)

// Relay is one relay. Make one with New, then Start and Stop it, once.
type Relay struct {
	cfg  Config
	door *door.Door
	keys *keys
	site *site // nil: no policy is kept here

	mu          sync.Mutex // guards what follows
	started     bool
	open        bool       // between the end of Start and the begin of Stop
	gate        *gate.Gate // nil before Start
	pool        *pool.Pool
	forward     forwarder
	console     *console.Console // nil without one
	consoleAddr net.Addr
	store       []*nats.Conn // given out by StoreConn
	teardown    []step
	stopping    sync.Mutex // held by Stop, so that a second one waits
	listing     sync.Mutex // held by SetKeyList, so that the newer of two lists stays
}

// forwarder is what the pool empties into: the stream, or the next relay.
type forwarder interface {
	pool.Forwarder
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Ready(ctx context.Context) error
	Reseal(gone func(keyID uint32) bool)
	Stats() forward.Stats
}

var (
	_ forwarder = (*forward.Forward)(nil)
	_ forwarder = (*forward.Chain)(nil)
)

// New checks the configuration, makes the relay's directory, and returns a
// relay that does nothing yet.
func New(ctx context.Context, cfg Config) (*Relay, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	addr, err := resolve(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	if err := durable.MakeOwnerDir(cfg.Dir); err != nil {
		return nil, fmt.Errorf("make the relay's directory: %w", err)
	}
	if cfg.Next == nil && cfg.MaxStore == 0 {
		if cfg.MaxStore, err = defaultMaxStore(cfg.Dir, cfg.streamDir()); err != nil {
			return nil, err
		}
	}
	r := &Relay{cfg: cfg}
	r.door, err = door.New(door.Config{
		StreamDir: cfg.streamDir(), Listen: addr, TLS: cfg.TLS, Credential: cfg.Credential,
		SiteCredentials: cfg.Sites, StoreCredential: cfg.StoreCredential, DeskCredential: cfg.DeskCredential, MaxConns: cfg.MaxConns, Logger: cfg.Logger,
	})
	if err != nil {
		return nil, err
	}
	r.keys = &keys{path: filepath.Join(cfg.Dir, "keylist"), vendor: cfg.VendorKey, log: cfg.Logger}
	if err := r.keys.load(cfg.KeyList); err != nil {
		return nil, fmt.Errorf("make a relay: %w", err)
	}
	if r.site, err = openSite(cfg); err != nil {
		return nil, err
	}
	return r, nil
}

// Addr returns the address that agents connect to; nil before Start.
func (r *Relay) Addr() net.Addr { return r.door.Addr() }

// StoreConn returns an in-process connection for a store: it may read crates
// with the groups' consumers and publish replies, nothing else. The caller may
// close it; Stop does.
func (r *Relay) StoreConn() (*nats.Conn, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case len(r.teardown) == 0:
		return nil, fmt.Errorf("connect the store: %w", door.ErrStopped)
	case r.cfg.Next != nil:
		return nil, errors.New("connect the store: this relay passes on to another and has no stream: connect it to the last relay of the chain")
	}
	c, err := r.door.Conn(door.RoleStore)
	if err == nil {
		r.store = append(r.store, c)
	}
	return c, err
}

// Stats are the counts of every part; no names, no addresses.
type Stats struct {
	Door    door.Stats
	Gate    gate.Stats
	Pool    pool.Stats
	Forward forward.Stats
	Site    SiteStats
	Keys    KeyStats
}

// Stats returns the counts since Start.
func (r *Relay) Stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := Stats{Door: r.door.Stats(), Site: r.site.stats(), Keys: r.keys.stats()}
	if r.gate != nil {
		s.Gate, s.Pool, s.Forward = r.gate.Stats(), r.pool.Stats(), r.forward.Stats()
	}
	return s
}

// ErrNotOpen says that the relay is starting, or stopped.
var ErrNotOpen = errors.New("the relay is not open")

// readyWithin bounds how long Ready waits for the stream's answer.
const readyWithin = time.Second

// Ready says that agents can connect and that what they send can go on; else
// the error is why not, without an address: [ErrNotOpen], a next relay that is
// away, a stream that does not answer or is full. A policy that holds is ready:
// agents are answered; see Stats.
func (r *Relay) Ready() error {
	r.mu.Lock()
	open, f := r.open, r.forward
	r.mu.Unlock()
	if !open {
		return ErrNotOpen
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	return f.Ready(ctx)
}

// Bounds of Stop as a whole, of requests to the console that are being
// answered, and of passing on what the pool still holds.
const (
	stopWithin    = 1500 * time.Millisecond
	consoleWithin = 300 * time.Millisecond
	flushWithin   = 800 * time.Millisecond
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
	r.teardown, r.open = nil, false
	r.mu.Unlock()
	var errs []error
	for i := len(steps) - 1; i >= 0; i-- {
		if err := steps[i].end(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", steps[i].name, err))
		}
	}
	return errors.Join(errs...)
}
