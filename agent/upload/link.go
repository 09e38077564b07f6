package upload

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// dialTimeout bounds one dial, so that a black hole does not hold a round.
const dialTimeout = 5 * time.Second

// link is one connection to the relay, under a name that was drawn for it and
// dies with it. It does not reconnect by itself: the next dial is another name.
type link struct {
	conn  *nats.Conn
	inbox string
	ended chan struct{} // closed with the connection
	raw   net.Conn

	mu      sync.Mutex
	waiting map[wire.Attempt]chan<- []byte
}

// dial connects and listens on the connection's own inbox.
func dial(ctx context.Context, url, credential string) (*link, error) {
	name := rand.Text()
	l := &link{inbox: wire.InboxPrefix(name), ended: make(chan struct{}), waiting: map[wire.Attempt]chan<- []byte{}}
	timeout := dialTimeout
	if end, ok := ctx.Deadline(); ok {
		timeout = min(timeout, max(time.Millisecond, time.Until(end)))
	}
	d := &dialer{ctx: ctx, Dialer: net.Dialer{Timeout: timeout}}
	defer d.release()
	conn, err := nats.Connect(url,
		nats.SetCustomDialer(d),
		nats.Name("tacit"), // the same for everyone
		nats.UserInfo(name, credential),
		nats.CustomInboxPrefix(l.inbox),
		nats.NoReconnect(),
		nats.SkipHostLookup(), // the dialer looks up, and ends with ctx
		nats.FlusherTimeout(dialTimeout),
		nats.Timeout(timeout),
		nats.NoEcho(),
		nats.ClosedHandler(func(*nats.Conn) { close(l.ended) }),
	)
	if err != nil {
		return nil, fmt.Errorf("connect to relay: %w", err)
	}
	l.conn, l.raw = conn, d.last
	if _, err := conn.Subscribe(l.inbox+".*", l.take); err != nil {
		conn.Close()
		return nil, fmt.Errorf("listen to relay: %w", err)
	}
	return l, nil
}

// dialer makes a dial and the greeting after it end with ctx; the library
// bounds them by time only.
type dialer struct {
	net.Dialer
	ctx  context.Context // of one dial
	keep []func() bool   // end the watch over a connection
	last net.Conn
}

// Dial implements [nats.CustomDialer].
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.DialContext(d.ctx, network, address)
	if err == nil {
		d.last = conn
		d.keep = append(d.keep, context.AfterFunc(d.ctx, func() { _ = conn.Close() })) // nobody uses it any more
	}
	return conn, err
}

// release leaves the connections to the library.
func (d *dialer) release() {
	for _, keep := range d.keep {
		keep()
	}
}

// close ends the connection at once: the library would first wait for what it
// is writing, as long as the relay does not read.
func (l *link) close() {
	_ = l.raw.Close()
	l.conn.Close()
}

// take hands an answer to whoever waits for that attempt.
func (l *link) take(m *nats.Msg) {
	var a wire.Attempt
	token := m.Subject[len(l.inbox)+1:]
	if b, err := hex.DecodeString(token); err != nil || len(b) != copy(a[:], b) {
		return
	}
	l.mu.Lock()
	to := l.waiting[a]
	l.mu.Unlock()
	if to == nil {
		return
	}
	select {
	case to <- m.Data:
	default: // more answers than a put can have: a stranger's
	}
}

// put hands over an envelope. Answers to the attempt go to the channel.
func (l *link) put(ctx context.Context, a wire.Attempt, envelope []byte, to chan<- []byte) error {
	l.mu.Lock()
	l.waiting[a] = to
	l.mu.Unlock()
	msg := &nats.Msg{Subject: wire.SubjectPut, Reply: l.inbox + "." + hex.EncodeToString(a[:]), Data: envelope}
	if err := l.conn.PublishMsg(msg); err != nil {
		return fmt.Errorf("send to relay: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := l.conn.FlushWithContext(ctx); err != nil {
		return fmt.Errorf("send to relay: %w", err)
	}
	return nil
}

func (l *link) forget(a wire.Attempt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.waiting, a)
}
