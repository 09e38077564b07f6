package attack

import (
	"encoding/binary"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// The forms on the wire, from the protocol's sections 3, 4 and 7.
const (
	attemptAt = 1 + 4 + 1 + 1 // behind version, key id, partition and class
	outerLen  = attemptAt + 16
	commitAt  = outerLen + 32 // behind enc
	headLen   = commitAt + 32
	replyLen  = 256
	routedLen = 16 + replyLen
	maxCrate  = 512 << 10
)

// attemptID names one sending of one envelope.
type attemptID [16]byte

// put is an envelope of an agent, and where the agent listens for the answers.
type put struct {
	inbox    string
	envelope []byte

	told bool // the agent was told something that may end the attempt
	nags int
}

func (p put) attempt() attemptID { return attemptID(p.envelope[attemptAt:outerLen]) }

// answer is a reply of the store.
type answer struct {
	attempt attemptID
	reply   []byte
}

// hostileEdge is an attacker in the place of all relays: a NATS server of his
// own, to which agents and the store come of themselves. He has what a relay
// has: envelopes, crates, replies, inboxes, the key list, and no key.
type hostileEdge struct {
	server  *server.Server
	conn    *nats.Conn
	js      jetstream.JetStream
	keys    atomic.Pointer[[]byte] // the signed list, as the store told it
	puts    chan put
	answers chan answer
}

func newHostileEdge(t testing.TB) *hostileEdge {
	t.Helper()
	e := &hostileEdge{puts: make(chan put, 1<<12), answers: make(chan answer, 1<<16)}
	var err error
	e.server, err = server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT, NoSigs: true, NoLog: true,
		JetStream: true, StoreDir: t.TempDir(), MaxPayload: 1 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	e.server.Start()
	t.Cleanup(func() { e.server.Shutdown(); e.server.WaitForShutdown() })
	if !e.server.ReadyForConnections(rig.Patience) {
		t.Fatal("the attacker's server does not start")
	}
	if e.conn, err = nats.Connect(e.server.ClientURL()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.conn.Close)
	if e.js, err = jetstream.New(e.conn); err != nil {
		t.Fatal(err)
	}
	e.makeStream(t)
	e.listen(t)
	return e
}

// makeStream makes what a store expects to find at an edge.
func (e *hostileEdge) makeStream(t testing.TB) {
	t.Helper()
	_, err := e.js.CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "TACIT_CRATES", Subjects: []string{"tacit.crate.*"}, Retention: jetstream.InterestPolicy, MaxMsgSize: 1 << 20,
	})
	if err == nil {
		_, err = e.js.CreateConsumer(t.Context(), "TACIT_CRATES", jetstream.ConsumerConfig{
			Durable: "group-0", FilterSubject: "tacit.crate.0", AckPolicy: jetstream.AckExplicitPolicy,
			AckWait: time.Minute, MaxDeliver: -1, MaxAckPending: 64,
		})
	}
	if err != nil {
		t.Fatal(err)
	}
}

// listen hears everybody, and tells agents what makes them send.
func (e *hostileEdge) listen(t testing.TB) {
	t.Helper()
	e.on(t, "tacit.put", func(m *nats.Msg) { e.puts <- put{inbox: m.Reply, envelope: m.Data} })
	e.on(t, "tacit.get.policy", func(m *nats.Msg) { _ = m.Respond(allOn()) })
	e.on(t, "tacit.keys", func(m *nats.Msg) {
		e.keys.Store(&m.Data)
		_ = m.Respond(m.Data)
	})
	e.on(t, "tacit.get.keys", func(m *nats.Msg) {
		if list := e.keys.Load(); list != nil {
			_ = m.Respond(*list)
		}
	})
	e.on(t, "tacit.reply", func(m *nats.Msg) {
		for b := m.Data; len(b) >= routedLen; b = b[routedLen:] {
			e.answers <- answer{attemptID(b[:16]), b[16:routedLen]}
		}
	})
	if err := e.conn.Flush(); err != nil {
		t.Fatal(err)
	}
}

func (e *hostileEdge) on(t testing.TB, subject string, h nats.MsgHandler) {
	t.Helper()
	if _, err := e.conn.Subscribe(subject, h); err != nil {
		t.Fatal(err)
	}
}

// allOn is the decision of a site where both programmes are on.
func allOn() []byte {
	now := uint64(time.Now().Unix())
	b := binary.BigEndian.AppendUint64([]byte{1}, now)
	b = binary.BigEndian.AppendUint64(b, now)
	return append(b, 1, 1, 1, 0, 0, 0, 0, 1) // decided, ceip, csp, standard, release 1
}

// say says something to an agent, where it waits for the answers to an attempt.
func (e *hostileEdge) say(t testing.TB, inbox string, b []byte) {
	t.Helper()
	if err := e.conn.Publish(inbox, b); err != nil {
		t.Fatal(err)
	}
}

// give gives the store a crate, whatever it looks like.
func (e *hostileEdge) give(t testing.TB, crate []byte) {
	t.Helper()
	if _, err := e.js.Publish(t.Context(), "tacit.crate.0", crate); err != nil && t.Context().Err() == nil {
		t.Errorf("give the store a crate of %d bytes: %v", len(crate), err)
	}
}

// drained waits until the store has taken every crate.
func (e *hostileEdge) drained(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(rig.Patience)
	for last := -1; ; {
		c, err := e.js.Consumer(t.Context(), "TACIT_CRATES", "group-0")
		if err != nil {
			t.Fatal(err)
		}
		left := int(c.CachedInfo().NumPending) + c.CachedInfo().NumAckPending
		switch {
		case left == 0:
			return
		case left != last: // it goes on
			last, deadline = left, time.Now().Add(rig.Patience)
		case time.Now().After(deadline):
			t.Fatalf("the store leaves %d crates where they are", left)
		}
		time.Sleep(20 * time.Millisecond) // between two looks
	}
}

// crateOf packs envelopes as edges do.
func crateOf(envelopes ...[]byte) []byte {
	b := binary.BigEndian.AppendUint16([]byte{1}, uint16(len(envelopes)))
	for _, e := range envelopes {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(e))), e...)
	}
	return b
}

// The hints of a relay.
const (
	hintQueued = 1
	hintLater  = 2
	hintOff    = 3
	hintReseal = 4
)

func hint(code byte, wait time.Duration) []byte {
	return binary.BigEndian.AppendUint32([]byte{1, code}, uint32(wait/time.Second))
}
