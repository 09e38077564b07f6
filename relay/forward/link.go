package forward

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/natsguard"
	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Bounds of a connection to a next relay.
const (
	dialTimeout  = 5 * time.Second
	pingInterval = 20 * time.Second // two without an answer end it
	pingsOut     = 2
)

// link is one connection to a next relay, under a name that was drawn for it
// and dies with it. It does not reconnect by itself.
type link struct {
	chain *Chain
	conn  *nats.Conn
	raw   net.Conn
	inbox string
	ended chan struct{} // closed with the connection

	mu      sync.Mutex
	waiting map[wire.Attempt]chan<- answer
}

// answer is what the next relay says of one put.
type answer struct {
	attempt wire.Attempt
	hint    wire.Hint
}

// dial connects to one next relay and listens on the connection's own inbox.
// Without a link, trouble says why.
func (c *Chain) dial(ctx context.Context, t target) (l *link, trouble string) {
	name := rand.Text()
	l = &link{chain: c, inbox: wire.InboxPrefix(name), ended: make(chan struct{}), waiting: map[wire.Attempt]chan<- answer{}}
	d := &dialer{ctx: ctx, Dialer: certificate.Dialer{Dialer: net.Dialer{Timeout: dialTimeout}}}
	if t.tls {
		d.TLS = certificate.Client(c.cfg.Fingerprint, nil)
	}
	defer d.release()
	conn, err := nats.Connect("nats://"+t.address, // the dialer has ended TLS before
		nats.SetCustomDialer(d),
		nats.SkipHostLookup(), // the dialer looks up, and ends with ctx
		nats.Name("tacit"),    // the same for everyone
		nats.UserInfo(name, c.cfg.Credential),
		nats.CustomInboxPrefix(l.inbox),
		nats.NoReconnect(),
		nats.NoEcho(),
		nats.Timeout(dialTimeout),
		nats.FlusherTimeout(dialTimeout),
		nats.PingInterval(pingInterval),
		nats.MaxPingsOutstanding(pingsOut),
		nats.ClosedHandler(func(*nats.Conn) { close(l.ended) }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // the library's own prints
	)
	if err != nil {
		return nil, troubleOf(d.err, err)
	}
	l.conn, l.raw = conn, d.last
	if _, err := conn.Subscribe(l.inbox+".*", l.take); err != nil {
		l.close()
		return nil, hungUp
	}
	return l, ""
}

// dialer makes a dial and the greeting after it end with ctx; the library
// bounds them by time only.
type dialer struct {
	certificate.Dialer
	ctx  context.Context // of one dial
	keep []func() bool   // end the watch over a connection
	last net.Conn
	err  error // of the last dial; nil when what came after it failed
}

// Dial implements [nats.CustomDialer].
func (d *dialer) Dial(network, address string) (net.Conn, error) {
	conn, err := d.DialContext(d.ctx, network, address)
	d.last, d.err = conn, err
	if err != nil {
		return nil, err
	}
	d.keep = append(d.keep, context.AfterFunc(d.ctx, func() { _ = conn.Close() })) // nobody uses it any more
	return natsguard.New(conn), nil
}

// release leaves the connections to the library.
func (d *dialer) release() {
	for _, keep := range d.keep {
		keep()
	}
}

// close ends the connection at once: the library would first wait for what it
// is writing, as long as the other side does not read.
func (l *link) close() {
	_ = l.raw.Close() // ended already, as a rule
	l.conn.Close()
}

// take hands a hint to whoever waits for it, and a reply to its sender.
func (l *link) take(m *nats.Msg) {
	var a wire.Attempt
	token := m.Subject[len(l.inbox)+1:]
	if b, err := hex.DecodeString(token); err != nil || len(b) != copy(a[:], b) {
		return // an answer to a plain request, or noise
	}
	if len(m.Data) == wire.ReplyLen {
		l.tell(answer{attempt: a, hint: wire.Hint{Code: wire.Queued}}) // a reply may overtake its hint
		l.chain.senders.bring(a, m.Data)
		return
	}
	h, err := wire.ParseHint(m.Data)
	if err != nil {
		l.chain.counts.malformed.Add(1)
		return
	}
	l.tell(answer{attempt: a, hint: h})
}

func (l *link) tell(a answer) {
	l.mu.Lock()
	defer l.mu.Unlock()
	to, ok := l.waiting[a.attempt]
	if !ok {
		return
	}
	delete(l.waiting, a.attempt) // one answer each, so that the channel always has room
	to <- a
}

// expect makes the answers to these puts go to the channel, which has room for
// all, and returns how many there will be.
func (l *link) expect(items []pool.Item, to chan<- answer) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	before := len(l.waiting)
	for i := range items {
		l.waiting[items[i].Attempt] = to
	}
	return len(l.waiting) - before
}

func (l *link) forget(items []pool.Item) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range items {
		delete(l.waiting, items[i].Attempt)
	}
}

// sleep waits, or less when told early. It returns false when the connection
// or ctx has ended.
func (l *link) sleep(ctx context.Context, d time.Duration, early <-chan struct{}) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-early:
	case <-l.ended:
		return false
	case <-ctx.Done():
		return false
	}
	return true
}

// put hands over one envelope. It is on its way after the next flush.
func (l *link) put(it *pool.Item) error {
	return l.conn.PublishMsg(&nats.Msg{
		Subject: wire.SubjectPut, Reply: l.inbox + "." + hex.EncodeToString(it.Attempt[:]), Data: it.Envelope,
	})
}
