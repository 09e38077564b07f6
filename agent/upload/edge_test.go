package upload_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// edge is a real relay, and behind it a store of the test's own: it opens what
// comes and answers what the test says.
type edge struct {
	t     *testing.T
	relay *relay.Relay
	keys  storeKeys

	mu     sync.Mutex
	status wire.Status // 0: no answer
	day    schema.Day
	once   bool // this answer once, and stored from then on
	data   []byte
	got    []got
}

func newEdge(t *testing.T) *edge {
	t.Helper()
	e := &edge{t: t, status: wire.Stored, day: today}
	var err error
	e.relay, err = relay.New(t.Context(), relay.Config{
		Dir: filepath.Join(t.TempDir(), "relay"), Listen: "127.0.0.1:0", Credential: credential,
		KeyList: e.keys.list(t, vendor, 1, today-2), MinPeers: 1, MaxWait: 30 * time.Millisecond, FlushEvery: 5 * time.Millisecond,
		MaxStore: 64 << 20,
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.relay.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.relay.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	e.consume()
	return e
}

func (e *edge) url() string { return "nats://" + e.relay.Addr().String() }

// answer says what the store answers from now on; 0 is silence.
func (e *edge) answer(status wire.Status, day schema.Day, once bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.status, e.day, e.once = status, day, once
}

func (e *edge) seen() []got {
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]got(nil), e.got...)
}

// consume reads crates as a store does, until the test ends.
func (e *edge) consume() {
	e.t.Helper()
	nc, err := e.relay.StoreConn()
	if err != nil {
		e.t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		e.t.Fatal(err)
	}
	consumer, err := js.Consumer(e.t.Context(), wire.StreamCrates, wire.CrateConsumer(0))
	if err != nil {
		e.t.Fatal(err)
	}
	running, err := consumer.Consume(func(m jetstream.Msg) {
		envelopes, err := wire.ParseCrate(m.Data())
		if err != nil {
			e.t.Error(err)
		}
		var replies []wire.Routed
		for _, b := range envelopes {
			if r, ok := e.take(b); ok {
				replies = append(replies, r)
			}
		}
		if err := m.Ack(); err != nil {
			e.t.Error(err)
		}
		if len(replies) == 0 {
			return
		}
		if err := nc.Publish(wire.SubjectReply, wire.MarshalReplies(replies)); err != nil {
			e.t.Error(err)
		}
	})
	if err != nil {
		e.t.Fatal(err)
	}
	e.t.Cleanup(func() {
		running.Stop()
		<-running.Closed()
	})
}

// take opens one envelope and returns the answer to it, if there is one.
func (e *edge) take(b []byte) (r wire.Routed, ok bool) {
	g := e.keys.open(e.t, b)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got = append(e.got, g)
	status, day, data := e.status, e.day, e.data
	if e.once {
		e.status, e.day, e.once = wire.Stored, today, false
	}
	if status == 0 || g.Opened == nil {
		return r, false
	}
	r.Attempt = g.outer.Attempt
	copy(r.Reply[:], g.answer(e.t, envelope.Reply{Status: status, Day: day, Data: data}))
	return r, true
}
