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
	"github.com/tacit-telemetry/tacit/internal/natsdial"
	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// link is one connection to a next relay, under a name that was drawn for it
// and dies with it. It does not reconnect by itself.
type link struct {
	chain *Chain
	conn  *nats.Conn
	raw   net.Conn
	inbox string
	ended chan struct{} // closed with the connection
	way   way

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
	to := natsdial.Target{Address: t.address, Name: rand.Text(), Credential: c.cfg.Credential}
	to.Inbox = wire.InboxPrefix(to.Name)
	if t.tls {
		to.TLS = certificate.Client(c.cfg.Fingerprint, nil)
	}
	l = &link{chain: c, inbox: to.Inbox, ended: make(chan struct{}), waiting: map[wire.Attempt]chan<- answer{}}
	conn, raw, err := natsdial.Connect(ctx, to, func() { close(l.ended) })
	if err != nil {
		return nil, troubleOf(err)
	}
	l.conn, l.raw = conn, raw
	if _, err := conn.Subscribe(l.inbox+".*", l.take); err != nil {
		l.close()
		return nil, hungUp
	}
	return l, ""
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
	if l.tell(answer{attempt: a, hint: h}) {
		return
	}
	switch h.Code { // it was queued there
	case wire.Later:
		l.chain.senders.passLater(a, h) // its reply was lost further on
	case wire.Reseal:
		l.chain.doomed(a) // its key is gone since
	}
}

// tell hands an answer to whoever waits for it; false: nobody does any more.
func (l *link) tell(a answer) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	to, ok := l.waiting[a.attempt]
	if ok {
		delete(l.waiting, a.attempt) // one answer each, so that the channel always has room
		to <- a
	}
	return ok
}

// hasEnded says whether the connection has.
func (l *link) hasEnded() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
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
