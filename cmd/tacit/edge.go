package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/natsguard"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Times of the store's connection to the edge.
const (
	edgeTimeout = 5 * time.Second // of one dial with its handshakes
	edgePause   = time.Second     // between two tries, and up to as much again
	edgePing    = 20 * time.Second
	edgeLook    = 500 * time.Millisecond // between looks at how it stands
)

// Fixed sentences about the edge, for logs and /readyz. None names an address.
const (
	edgeAway       = "the edge does not answer"
	edgeCredential = "the edge refuses the credential for stores; compare it with the one whose place the edge prints"
)

// edge is the store's connection to the edge. It reconnects for ever.
type edge struct {
	conn *nats.Conn
	came chan struct{} // holds one: the connection came up
	dial *edgeDialer
	log  *slog.Logger
}

// dialEdge tries once to connect, and goes on trying after it has returned: an
// edge that is away is no reason not to answer lookups. Ctx ends every try.
func dialEdge(ctx context.Context, s *storeSettings, logger *slog.Logger) (*edge, error) {
	e := &edge{came: make(chan struct{}, 1), log: logger, dial: newEdgeDialer(ctx, s)}
	urls := make([]string, len(s.Relays))
	for i, u := range s.Relays {
		urls[i] = "nats://" + u.Address().String() // the dialer has ended TLS before
	}
	up := func(*nats.Conn) {
		select {
		case e.came <- struct{}{}:
		default: // it is known already
		}
	}
	// The edge gives a connection the inboxes below its name only.
	name := rand.Text()
	o := nats.GetDefaultOptions()
	o.Servers, o.User, o.Password, o.InboxPrefix = urls, name, string(s.Credential), wire.InboxPrefix(name)
	o.Name, o.CustomDialer, o.SkipHostLookup, o.IgnoreDiscoveredServers = "tacit", e.dial, true, true
	o.RetryOnFailedConnect, o.MaxReconnect, o.IgnoreAuthErrorAbort = true, -1, true
	o.ReconnectWait, o.ReconnectJitter, o.Timeout = edgePause, edgePause, edgeTimeout
	o.PingInterval, o.MaxPingsOut = edgePing, 2
	o.ConnectedCB, o.ReconnectedCB = up, up
	o.AsyncErrorCB = func(*nats.Conn, *nats.Subscription, error) {} // it would go to stderr, with subjects
	var err error
	e.conn, err = o.Connect()
	return e, err
}

// trouble says in a fixed sentence why there is no connection, or "".
func (e *edge) trouble() string {
	if e.conn.IsConnected() {
		return ""
	}
	if reason := e.dial.reason(); reason != "" {
		return reason
	}
	if err := e.conn.LastError(); errors.Is(err, nats.ErrAuthorization) || errors.Is(err, nats.ErrAuthExpired) {
		return edgeCredential
	}
	return edgeAway
}

// watch calls tell when the connection came up, and logs once what is wrong with
// it, until ctx ends.
func (e *edge) watch(ctx context.Context, tell func()) {
	look := time.NewTicker(edgeLook)
	defer look.Stop()
	said := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-e.came:
			tell()
		case <-look.C:
		}
		if now := e.trouble(); now != said {
			said = now
			if now == "" {
				e.log.Warn("the edge is there again")
			} else {
				e.log.Warn("the edge cannot be reached; trying again", slog.String("reason", now))
			}
		}
	}
}

// edgeDialer dials with TLS where the URL says so, and remembers why the last
// handshake failed.
type edgeDialer struct {
	ctx           context.Context // of the daemon: a dial does not outlive it
	plain, secure certificate.Dialer
	tls           map[string]bool // by host:port

	mu   sync.Mutex
	last error
}

func newEdgeDialer(ctx context.Context, s *storeSettings) *edgeDialer {
	d := &edgeDialer{ctx: ctx, tls: map[string]bool{}}
	d.plain.Timeout, d.secure.Timeout = edgeTimeout, edgeTimeout
	for _, u := range s.Relays {
		d.tls[u.Address().String()] = u.TLS()
		d.secure.TLS = certificate.Client(s.Fingerprint, nil)
	}
	return d
}

// Dial implements [nats.CustomDialer].
func (d *edgeDialer) Dial(network, address string) (net.Conn, error) {
	dialer := &d.plain
	if d.tls[address] {
		dialer = &d.secure
	}
	c, err := dialer.DialContext(d.ctx, network, address)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.last = err; err != nil {
		return nil, err
	}
	return natsguard.New(c), nil
}

// reason returns the fixed sentence of the last handshake, if it failed.
func (d *edgeDialer) reason() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if failed, ok := errors.AsType[*certificate.HandshakeError](d.last); ok {
		return certificate.Reason(failed)
	}
	return ""
}
