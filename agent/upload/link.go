package upload

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"sync"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/natsdial"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// dialTimeout bounds every short exchange with a relay.
const dialTimeout = natsdial.Timeout

// link is one connection to a relay, under a name that was drawn for it and
// dies with it. It does not reconnect by itself: the next dial is another name.
type link struct {
	conn  *nats.Conn
	inbox string
	ended chan struct{} // closed with the connection
	raw   net.Conn
	keyed bool // the key list was fetched on it; for the holder of Uploader.line

	policy sync.Mutex // one word of the relay at a time
	pushed bool       // a policy was pushed: an answer to a request is older
	word   word

	mu      sync.Mutex
	waiting map[wire.Attempt]chan<- []byte
}

// open connects to one relay and listens on the connection's own inbox and,
// first of all, to what the relay pushes.
func open(ctx context.Context, t natsdial.Target, pushed func(*link, []byte)) (*link, error) {
	t.Name = rand.Text()
	t.Inbox = wire.InboxPrefix(t.Name)
	l := &link{inbox: t.Inbox, ended: make(chan struct{}), waiting: map[wire.Attempt]chan<- []byte{}}
	conn, raw, err := natsdial.Connect(ctx, t, func() { close(l.ended) })
	if err != nil {
		return nil, err
	}
	l.conn, l.raw = conn, raw
	err = l.listen(wire.SubjectPolicy, maxPushed, func(m *nats.Msg) { pushed(l, m.Data) })
	if err == nil {
		err = l.listen(l.inbox+".*", maxAnswers, l.take)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return l, nil
}

// What may wait here until it is looked at. A relay that tells more than it has
// to say must not take this host's memory: what comes beyond is dropped. A
// policy that is lost so is told again.
const (
	maxPushed  = 16 << 10
	maxAnswers = 256 << 10
)

// listen subscribes; limit bounds what waits, in bytes.
func (l *link) listen(subject string, limit int, h nats.MsgHandler) error {
	sub, err := l.conn.Subscribe(subject, h)
	if err != nil {
		return err
	}
	return sub.SetPendingLimits(limit/16, limit) // the shortest messages that tell anything have about that length
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
	// The end of a round does not end the flush: it would cost the connection,
	// which stays while the site is off.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), dialTimeout)
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
