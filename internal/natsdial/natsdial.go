// Package natsdial makes one connection to a relay, as agents and relays do:
// TLS before the first byte, guarded, under a name that is used once, and
// ended with the context of who dials. It does not reconnect by itself, since
// the next connection is another name.
//
// It promises that a relay that is a black hole, or that stops in the middle of
// the greeting, holds nobody for longer than [Timeout]; and that nothing leaves
// any more once a connection was closed, by whomever, or its process died: what
// the system still had to send would go out minutes later, over a network that
// came back after its user had said off.
package natsdial

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/natsguard"
)

// Timeout bounds one dial with its handshakes, and a flush.
const Timeout = 5 * time.Second

// A connection that died silently is noticed when this many pings in a row had
// no answer.
const (
	pingEvery = 20 * time.Second
	maxPings  = 2
)

// Target says where to connect and as whom.
type Target struct {
	Address    string      // host:port
	TLS        *tls.Config // nil: plain
	Name       string      // drawn for this connection
	Credential string      // the channel's
	Inbox      string      // prefix of the inboxes of that name
}

// DialError says that there was no connection, or no TLS; without it, what came
// after failed. It may hold the address: do not log it.
type DialError struct{ Err error }

// Error returns the cause's text.
func (e *DialError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *DialError) Unwrap() error { return e.Err }

// Connect connects. Ended is called once when the connection has ended. Beside
// the connection it returns what lies below TLS: closing that first ends the
// connection at once, where the library would wait for what it is writing. The
// error wraps a [*DialError], or what the library or ctx said.
func Connect(ctx context.Context, t Target, ended func()) (*nats.Conn, net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	d := &dialer{Dialer: certificate.Dialer{Dialer: net.Dialer{Timeout: Timeout}, TLS: t.TLS}, ctx: ctx}
	defer d.release()
	conn, err := nats.Connect("nats://"+t.Address, // the dialer has ended TLS before
		nats.SetCustomDialer(d),
		nats.SkipHostLookup(), // the dialer looks up, and ends with ctx
		nats.Name("tacit"),    // the same for everyone
		nats.UserInfo(t.Name, t.Credential),
		nats.CustomInboxPrefix(t.Inbox),
		nats.NoReconnect(),
		nats.NoEcho(),
		nats.Timeout(Timeout),
		nats.FlusherTimeout(Timeout),
		nats.PingInterval(pingEvery),
		nats.MaxPingsOutstanding(maxPings),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // it would go to stderr, with subjects
		nats.ClosedHandler(func(*nats.Conn) { ended() }),
	)
	if err != nil {
		return nil, nil, errors.Join(d.failed, err, context.Cause(ctx))
	}
	return conn, d.raw, nil
}

// dialer makes a dial, the TLS handshake and the greeting after it end with
// ctx; the library bounds them by time only.
type dialer struct {
	certificate.Dialer
	ctx    context.Context // of one dial
	keep   func() bool     // ends the watch over the connection
	raw    net.Conn        // below TLS
	failed error           // the library tells less
}

// Dial implements [nats.CustomDialer].
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.DialContext(d.ctx, network, address)
	if err != nil {
		d.failed = &DialError{err}
		return nil, err
	}
	d.raw = conn
	if secure, ok := conn.(*tls.Conn); ok {
		d.raw = secure.NetConn()
	}
	raw := d.raw
	if err := dropAtClose(raw); err != nil {
		_ = conn.Close() // the first error matters
		d.failed = &DialError{err}
		return nil, err
	}
	d.keep = context.AfterFunc(d.ctx, func() { _ = raw.Close() }) // nobody uses it any more
	return natsguard.New(conn), nil
}

// release leaves the connection to the library.
func (d *dialer) release() {
	if d.keep != nil {
		d.keep()
	}
}

// dropAtClose has the system forget, and not send, what is still unsent when the
// connection is closed.
func dropAtClose(raw net.Conn) error {
	socket, ok := raw.(interface{ SetLinger(seconds int) error })
	if !ok {
		return fmt.Errorf("connect: a %T cannot take back what is unsent", raw)
	}
	if err := socket.SetLinger(0); err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return nil
}
