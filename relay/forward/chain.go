package forward

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/relay/pool"
)

// ChainConfig says to whom a chain passes on.
type ChainConfig struct {
	Relays      []string                // URLs of the next relays, tls://host:port or nats://host:port; one at a time is used, in random order; required
	Fingerprint certificate.Fingerprint // of their certificate; zero: the system's roots and the host name decide
	Credential  string                  // that this relay shows; required
	Agents      *nats.Conn              // in the agents' account, to publish answers; required; its owner closes it
	KeyList     func([]byte)            // told the key list that the next relay serves, unchecked; nil: nobody is
	Connected   func()                  // told of every new connection, so that what waits can be tried at once; nil: nobody is
	MaxRoutes   int                     // replies that are waited for; 0: 262,144
	RouteAge    time.Duration           // how long each is waited for; 0: 1 h
	Logger      *slog.Logger            // nil: nothing is logged
}

func (c ChainConfig) withDefaults() (ChainConfig, error) {
	switch {
	case c.Agents == nil:
		return c, errors.New("make a chain: the agents' connection is required")
	case len(c.Relays) == 0:
		return c, errors.New("make a chain: no next relay: set one such as tls://relay.example:8472")
	case c.Credential == "":
		return c, errors.New("make a chain: no credential: set the one that the next relay asks of its channel")
	}
	if c.KeyList == nil {
		c.KeyList = func([]byte) {}
	}
	if c.Connected == nil {
		c.Connected = func() {}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// target is one next relay.
type target struct {
	address string // host:port
	tls     bool
}

func parseTarget(s string) (target, error) {
	u, err := url.Parse(s)
	if err != nil || u.Hostname() == "" || u.Port() == "" || u.User != nil || u.Scheme != "tls" && u.Scheme != "nats" {
		return target{}, errors.New("make a chain: a next relay is not named as tls://host:port, or nats://host:port")
	}
	return target{address: u.Host, tls: u.Scheme == "tls"}, nil
}

// Chain is a site's forwarder: the next hop is another relay. Make one with
// NewChain, then Start and Stop it.
type Chain struct {
	cfg     ChainConfig
	targets []target
	senders *senders
	counts  chainCounts
	stale   chan struct{} // told when the key list should be asked for
	cancel  context.CancelFunc
	done    chan struct{} // closed when the loop has ended

	mu      sync.Mutex
	link    *link        // nil: away
	trouble string       // of the last dial; "" when connected
	hold    [2]time.Time // by class: the next relay asked to wait until then
}

var _ pool.Forwarder = (*Chain)(nil)

type chainCounts struct {
	envelopes, refused, unanswered, dials, malformed atomic.Uint64
}

// NewChain returns a chain that does nothing yet.
func NewChain(cfg ChainConfig) (*Chain, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Chain{
		cfg: cfg, senders: newSenders(cfg.Agents, cfg.MaxRoutes, cfg.RouteAge, cfg.Logger),
		stale: make(chan struct{}, 1), done: make(chan struct{}), trouble: notDialled,
	}
	for _, s := range cfg.Relays {
		t, err := parseTarget(s)
		if err != nil {
			return nil, err
		}
		c.targets = append(c.targets, t)
	}
	return c, nil
}

// Start begins to dial and returns at once: a site's relay is up, and its
// agents are told to wait, while the next one is away.
func (c *Chain) Start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start the chain: %w", err)
	}
	ctx, c.cancel = context.WithCancel(context.WithoutCancel(ctx)) // ctx bounds starting only
	go func() {
		defer close(c.done)
		c.keep(ctx)
	}()
	return nil
}

// Stop hangs up and returns when the last replies are out or ctx, which must
// have a deadline, has ended. A second call does nothing.
func (c *Chain) Stop(ctx context.Context) error {
	if c.cancel == nil {
		return nil
	}
	c.cancel()
	select {
	case <-c.done:
	case <-ctx.Done():
		return fmt.Errorf("stop the chain: %w", ctx.Err())
	}
	if c.cfg.Agents.IsClosed() {
		return nil
	}
	if err := c.cfg.Agents.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("stop the chain: send the last replies: %w", err)
	}
	return nil
}

// Ready says that the next relay is connected; else the error is why not, in
// fixed words.
func (c *Chain) Ready(context.Context) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		return nil
	}
	return fmt.Errorf("the next relay is away: %s", c.trouble)
}

// Stats returns the counts.
func (c *Chain) Stats() Stats {
	n := &c.counts
	s := c.senders.stats(Stats{
		Envelopes: n.envelopes.Load(), Refused: n.refused.Load(), Unanswered: n.unanswered.Load(),
		Dials: n.dials.Load(), Malformed: n.malformed.Load(), Upstream: Away,
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link != nil {
		s.Upstream = Connected
	}
	return s
}
