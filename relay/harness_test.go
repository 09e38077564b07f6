package relay

import (
	"context"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

const credential = "a channel's shared credential"

// TestMain knows of one leak: a server that panicked over a damaged stream is
// left behind with its own locks held.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/nats-io/nats-server/v2/server.(*stream).signalConsumersLoop"))
}

// config is what `tacit up` would set: nobody to hide among, short waits.
func config(t *testing.T) Config {
	return Config{
		Dir: filepath.Join(t.TempDir(), "relay"), Listen: "127.0.0.1:0", Credential: credential,
		KeyList: keyList(), MinPeers: 1, MaxWait: 200 * time.Millisecond, FlushEvery: 20 * time.Millisecond,
		MaxStore: 64 << 20,
	}
}

func keyList() []byte {
	l := wire.KeyList{Version: 1, Suite: wire.SuiteX25519, Keys: []wire.Key{{ID: 7, Start: 20000}}}
	return append(l.Marshal(), make([]byte, wire.SignatureLen)...)
}

func start(t *testing.T, cfg Config) *Relay {
	t.Helper()
	r, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, r) })
	return r
}

func stop(t *testing.T, r *Relay) {
	t.Helper()
	if err := r.Stop(context.Background()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// dial connects as an agent does, from another loopback address than the
// relay's, so that a leaked one can be told apart.
func dial(r *Relay, name, password string, more ...nats.Option) (*nats.Conn, error) {
	opts := append([]nats.Option{
		nats.UserInfo(name, password), nats.CustomInboxPrefix(wire.InboxPrefix(name)), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)
	return nats.Connect("nats://"+r.Addr().String(), opts...)
}

func agent(t *testing.T, r *Relay, more ...nats.Option) *nats.Conn {
	t.Helper()
	c, err := dial(r, rand.Text(), credential, more...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func envelope(partition uint8, class wire.Class) wire.Envelope {
	e := wire.Envelope{KeyID: 7, Partition: partition, Class: class, Body: make([]byte, wire.Buckets[0]+wire.SealLen)}
	_, _ = rand.Read(e.Attempt[:])
	_, _ = rand.Read(e.Body)
	return e
}

// put sends data and returns the hint and the inbox on which more may come.
func put(t *testing.T, c *nats.Conn, data []byte) (wire.Hint, *nats.Subscription) {
	t.Helper()
	sub, err := c.SubscribeSync(c.NewInbox())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.PublishRequest(wire.SubjectPut, sub.Subject, data); err != nil {
		t.Fatal(err)
	}
	m, err := sub.NextMsg(20 * time.Second)
	if err != nil {
		t.Fatalf("no answer to a put: %v", err)
	}
	h, err := wire.ParseHint(m.Data)
	if err != nil {
		t.Fatalf("answer of %d bytes: %v", len(m.Data), err)
	}
	return h, sub
}

// crates binds to a group's consumer as a store does.
func crates(t *testing.T, r *Relay, group int) (*nats.Conn, jetstream.Consumer) {
	t.Helper()
	nc, err := r.StoreConn()
	if err != nil {
		t.Fatal(err)
	}
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	c, err := js.Consumer(t.Context(), wire.StreamCrates, wire.CrateConsumer(group))
	if err != nil {
		t.Fatalf("bind the consumer: %v", err)
	}
	return nc, c
}

// next returns the envelopes of the next crate, confirmed.
func next(t *testing.T, c jetstream.Consumer) [][]byte {
	t.Helper()
	m, err := c.Next(jetstream.FetchMaxWait(20 * time.Second))
	if err != nil {
		t.Fatalf("no crate: %v", err)
	}
	list, err := wire.ParseCrate(m.Data())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.DoubleAck(t.Context()); err != nil {
		t.Fatalf("confirm a crate: %v", err)
	}
	return list
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not in time: %s", what)
}
