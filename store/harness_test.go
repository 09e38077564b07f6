package store_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// patience is how long a test waits for what must happen.
const patience = 30 * time.Second

var (
	vendorPublic, vendor, _ = ed25519.GenerateKey(nil)
	today                   = schema.DayOf(time.Now())
)

// edge is a real JetStream server with the stream of crates, and everything
// that a relay would do with it.
type edge struct {
	t       *testing.T
	conn    *nats.Conn
	js      jetstream.JetStream
	replies chan wire.Routed
}

func newEdge(t *testing.T) *edge {
	t.Helper()
	e := newServer(t)
	e.stream()
	return e
}

// newServer returns an edge that has no stream yet.
func newServer(t *testing.T) *edge {
	t.Helper()
	ns, err := server.NewServer(&server.Options{DontListen: true, JetStream: true, StoreDir: t.TempDir(), NoLog: true, NoSigs: true})
	if err != nil {
		t.Fatal(err)
	}
	ns.Start()
	t.Cleanup(func() { ns.Shutdown(); ns.WaitForShutdown() })
	if !ns.ReadyForConnections(patience) {
		t.Fatal("the server does not start")
	}
	conn, err := nats.Connect("", nats.InProcessServer(ns))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	e := &edge{t: t, conn: conn, js: js, replies: make(chan wire.Routed, 1<<12)}
	_, err = conn.Subscribe(wire.SubjectReply, func(m *nats.Msg) {
		rs, err := wire.ParseReplies(m.Data)
		if err != nil {
			t.Error(err)
		}
		for _, r := range rs {
			e.replies <- r
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (e *edge) stream() {
	e.t.Helper()
	_, err := e.js.CreateStream(e.t.Context(), jetstream.StreamConfig{
		Name: wire.StreamCrates, Subjects: []string{wire.SubjectCrate + ".>"}, Retention: jetstream.InterestPolicy, Discard: jetstream.DiscardNew,
	})
	if err != nil {
		e.t.Fatal(err)
	}
	_, err = e.js.CreateConsumer(e.t.Context(), wire.StreamCrates, jetstream.ConsumerConfig{
		Durable: wire.CrateConsumer(0), FilterSubject: wire.CrateSubject(0), AckPolicy: jetstream.AckExplicitPolicy, MaxDeliver: -1, MaxAckPending: 64,
	})
	if err != nil {
		e.t.Fatal(err)
	}
}

// crate publishes one crate.
func (e *edge) crate(b []byte) {
	e.t.Helper()
	if _, err := e.js.Publish(e.t.Context(), wire.CrateSubject(0), b); err != nil {
		e.t.Fatal(err)
	}
}

// send publishes envelopes as one crate and returns the status of each.
func (e *edge) send(envelopes ...*envelope.Sealed) []wire.Status {
	e.t.Helper()
	var all [][]byte
	for _, s := range envelopes {
		all = append(all, s.Bytes)
	}
	e.crate(wire.MarshalCrate(all))
	return e.await(envelopes...)
}

// await waits for the reply to each envelope.
func (e *edge) await(envelopes ...*envelope.Sealed) []wire.Status {
	e.t.Helper()
	out := make([]wire.Status, len(envelopes))
	late := time.After(patience)
	for missing := len(envelopes); missing > 0; {
		select {
		case r := <-e.replies:
			for i, s := range envelopes {
				if s.Attempt != r.Attempt {
					continue
				}
				opened, err := envelope.OpenReply(s.ReplyKey, s.Attempt, r.Reply[:])
				if err != nil || opened.Day != today {
					e.t.Fatalf("reply: day %s, %v", opened.Day, err)
				}
				out[i] = opened.Status
				missing--
			}
		case <-late:
			e.t.Fatalf("%d replies are missing", missing)
		}
	}
	return out
}

// pending returns how many crates are not acknowledged.
func (e *edge) pending() int {
	e.t.Helper()
	c, err := e.js.Consumer(e.t.Context(), wire.StreamCrates, wire.CrateConsumer(0))
	if err != nil {
		e.t.Fatal(err)
	}
	info := c.CachedInfo()
	return info.NumAckPending + int(info.NumPending)
}

// until waits for a condition.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for start := time.Now(); !is(); {
		if time.Since(start) > patience {
			t.Fatalf("waited in vain: %s", what)
		}
		time.Sleep(5 * time.Millisecond) // between looks at the condition
	}
}

// house is the directories of one store.
type house struct{ data, keys, run string }

func newHouse(t *testing.T) house {
	t.Helper()
	run, err := os.MkdirTemp("", "t") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	dir := t.TempDir()
	return house{data: filepath.Join(dir, "store"), keys: filepath.Join(dir, "keys"), run: run}
}

func (h house) config(e *edge) store.Config {
	e.t.Helper()
	return store.Config{
		Dir: h.data, Secrets: h.secrets(e.t), Vendor: store.NewVendor(vendor), RunDir: h.run, Conn: e.conn, Registry: registry.BaseSet(), GroupWait: 20 * time.Millisecond,
	}
}

func (h house) secrets(t *testing.T) *secret.Box {
	t.Helper()
	box, err := secret.Open(h.keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	return box
}

// start runs a store until the test ends.
func start(t *testing.T, cfg store.Config) *store.Store {
	t.Helper()
	s, err := store.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, s) })
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

func stop(t *testing.T, s *store.Store) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// host is an installation that seals to a store.
type host struct {
	t      *testing.T
	id     [16]byte
	writer schema.Writer
	key    wire.Key
}

func newHost(t *testing.T, s *store.Store) *host {
	t.Helper()
	keys, err := s.Keys()
	if err != nil {
		t.Fatal(err)
	}
	b, err := keys.SignedList()
	if err != nil {
		t.Fatal(err)
	}
	l, err := envelope.VerifyKeyList(vendorPublic, b)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := l.Active(today)
	if !ok {
		t.Fatal("no key is active")
	}
	return &host{t: t, id: [16]byte(schema.NewBatchID()), writer: schema.Writer(schema.NewBatchID()), key: key}
}

// page returns the content of the n-th page of day d with the given records.
func (h *host) page(d schema.Day, n uint32, records ...schema.Record) envelope.Content {
	h.t.Helper()
	batch := schema.NewBatchID()
	plain, err := codec.EncodePage(codec.Page{Batch: batch, Writer: h.writer, Release: 1, Records: records})
	sealed, err2 := page.Seal(page.NewRoot(h.id), d, n, page.Build{Release: 1, Version: "0.1.0"}, plain)
	if err := errors.Join(err, err2); err != nil {
		h.t.Fatal(err)
	}
	return envelope.Content{Kind: envelope.Page, Batch: batch, Payload: sealed.Marshal()}
}

// fragment returns a fragment that counts uses of the command "up".
func (h *host) fragment(d schema.Day, uses uint64) envelope.Content {
	h.t.Helper()
	b, err := codec.EncodeFragment(fragment(d, uses))
	if err != nil {
		h.t.Fatal(err)
	}
	return envelope.Content{Kind: envelope.Fragment, Batch: schema.NewBatchID(), Payload: b}
}

var facets = []codec.Pair{{Name: "service.version", Value: "0.1.0"}, {Name: "os.type", Value: "linux"}}

func fragment(d schema.Day, uses uint64) codec.Fragment {
	return codec.Fragment{
		Day: d, Release: 1, Facets: facets, First: codec.FirstToday,
		Values: []codec.Measure{{
			Metric: "tacit.command.used", Labels: []codec.Pair{{Name: "command", Value: "up"}}, Count: uses, Sum: int64(uses),
		}},
	}
}

// seal seals c for the partition that it belongs to.
func (h *host) seal(c envelope.Content) *envelope.Sealed {
	h.t.Helper()
	id := [16]byte(c.Batch)
	if c.Kind == envelope.Page {
		copy(id[:], c.Payload)
	}
	return h.sealTo(h.key, wire.PartitionOf(id), c)
}

func (h *host) sealTo(key wire.Key, partition uint8, c envelope.Content) *envelope.Sealed {
	h.t.Helper()
	s, err := envelope.Seal(key, partition, wire.ClassNormal, c)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

// record returns a registered record.
func record(metric string, at time.Time, v schema.Value, labels ...schema.Label) schema.Record {
	return schema.Record{
		Time: at.Unix(), Product: schema.Product{Name: "tacit", Version: "0.1.0"}, Metric: metric, Value: v, Labels: labels,
	}
}

func used(at time.Time, command string) schema.Record {
	return record("tacit.command.used", at, schema.Number(1), schema.Label{Name: "command", Value: command})
}
