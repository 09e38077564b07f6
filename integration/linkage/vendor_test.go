package linkage

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/secret"
)

const (
	credential = "the channel's shared credential"
	patience   = 2 * time.Minute
	lines      = 16 // connections that a fleet shares: the store's disk knows none
	dayParts   = 16 // at least, in which a day's envelopes come to the store: more would hide hours in one group
)

// vendor is a real edge and a real store whose clock the test sets. What they
// log, with debug logging on, is the attacker's too.
type vendor struct {
	dir   string // DIR/store, DIR/keys, DIR/relay and the file DIR/log
	day   atomic.Int64
	relay *relay.Relay
	store *store.Store
	lines []*line
	slots chan struct{} // one for each envelope under way

	mu    sync.Mutex
	open  map[string]*sending // by the subject of the answers
	wrong []string
}

// line is one connection.
type line struct {
	conn  *nats.Conn
	inbox string
}

func newVendor(t *testing.T, first schema.Day, underWay int) *vendor {
	t.Helper()
	v := &vendor{dir: t.TempDir(), open: map[string]*sending{}, slots: make(chan struct{}, underWay)}
	v.day.Store(int64(first))
	log, err := os.Create(filepath.Join(v.dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = log.Close() })
	logger := slog.New(slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	v.startRelay(t, logger)
	v.startStore(t, logger)
	for range lines {
		v.connect(t)
	}
	return v
}

// now is the store's clock: the middle of the day that the test plays.
func (v *vendor) now() time.Time { return schema.Day(v.day.Load()).Time().Add(12 * time.Hour) }

func (v *vendor) startRelay(t *testing.T, logger *slog.Logger) {
	t.Helper()
	const plenty = 1 << 40
	r, err := relay.New(t.Context(), relay.Config{
		Dir: filepath.Join(v.dir, "relay"), Listen: "127.0.0.1:0", Credential: credential,
		MinPeers: 8, MaxWait: 10 * time.Millisecond, FlushEvery: 2 * time.Millisecond, // of a day that takes a second
		Quota: gate.Quota{Envelopes: plenty, Bytes: plenty}, Logger: logger, Now: v.now,
	})
	if err == nil {
		err = r.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	v.relay = r
	t.Cleanup(func() { _ = r.Stop(context.Background()) })
}

func (v *vendor) startStore(t *testing.T, logger *slog.Logger) {
	t.Helper()
	conn, err := v.relay.StoreConn()
	if err != nil {
		t.Fatal(err)
	}
	box, err := secret.Open(filepath.Join(v.dir, "keys"), nil)
	if err != nil {
		t.Fatal(err)
	}
	run, err := os.MkdirTemp("", "t") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(run) })
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	v.store, err = store.New(t.Context(), store.Config{
		Dir: filepath.Join(v.dir, "store"), Secrets: box, Vendor: store.NewVendor(private), RunDir: run, Conn: conn,
		Registry: registry.BaseSet(), GroupWait: 5 * time.Millisecond, Logger: logger, Now: v.now,
	})
	if err == nil {
		err = v.store.Start(t.Context())
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.store.Stop(context.Background()) })
}

// connect makes one connection, as an agent does.
func (v *vendor) connect(t *testing.T) {
	t.Helper()
	name := rand.Text()
	l := &line{inbox: wire.InboxPrefix(name)}
	var err error
	l.conn, err = nats.Connect("nats://"+v.relay.Addr().String(), nats.UserInfo(name, credential), nats.CustomInboxPrefix(l.inbox), nats.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.conn.Close)
	if _, err := l.conn.Subscribe(l.inbox+".*", v.answered); err != nil {
		t.Fatal(err)
	}
	v.lines = append(v.lines, l)
}

// answered hears hints, and the replies that end an envelope.
func (v *vendor) answered(m *nats.Msg) {
	if h, err := wire.ParseHint(m.Data); err == nil {
		if h.Code != wire.Queued {
			v.trouble(fmt.Sprintf("the relay hints %s", h.Code))
		}
		return
	}
	v.mu.Lock()
	s := v.open[m.Subject]
	delete(v.open, m.Subject)
	v.mu.Unlock()
	if s == nil {
		v.trouble("a reply to nobody")
		return
	}
	r, err := envelope.OpenReply(s.sealed.ReplyKey, s.sealed.Attempt, m.Data)
	if err != nil || r.Status != wire.Stored {
		v.trouble(fmt.Sprintf("the store answers %s, %v", r.Status, err))
	}
	<-v.slots
}

// send puts what was sealed, in this order, and waits for all replies.
func (v *vendor) send(t *testing.T, all []*sending) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	take := func() {
		select {
		case v.slots <- struct{}{}:
		case <-ctx.Done():
			t.Fatalf("the store has not answered all within %v", patience)
		}
	}
	for i, s := range all {
		take()
		l := v.lines[i%len(v.lines)]
		inbox := l.inbox + "." + strconv.Itoa(i)
		v.mu.Lock()
		v.open[inbox] = s
		v.mu.Unlock()
		if err := l.conn.PublishRequest(wire.SubjectPut, inbox, s.sealed.Bytes); err != nil {
			t.Fatal(err)
		}
	}
	for range cap(v.slots) { // until none is under way
		take()
	}
	for range cap(v.slots) {
		<-v.slots
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.wrong) > 0 {
		t.Fatalf("%d answers are wrong, the first: %s", len(v.wrong), v.wrong[0])
	}
}

// sealAll seals what is sent on a day, on all cores.
func (v *vendor) sealAll(t *testing.T, all []*sending, day schema.Day) {
	t.Helper()
	keys, err := v.store.Keys()
	if err != nil {
		t.Fatal(err)
	}
	signed, err := keys.SignedList()
	if err != nil {
		t.Fatal(err)
	}
	list, _, _, err := wire.ParseKeyList(signed)
	if err != nil {
		t.Fatal(err)
	}
	key, ok := list.Active(day)
	if !ok {
		t.Fatalf("the store has no key for %s", day)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(all)); i = next.Add(1) - 1 {
				all[i].seal(t, key, day)
			}
		})
	}
	wg.Wait()
}

// play lets the fleet live for some days, and returns all that was sent, in
// order.
func (v *vendor) play(t *testing.T, random *mathrand.Rand, fleet []*installation, first schema.Day, days int) (sent []*sending) {
	t.Helper()
	for day := first; day < first+schema.Day(days); day++ {
		v.day.Store(int64(day))
		all := dayOfFleet(random, fleet, day)
		v.sealAll(t, all, day)
		v.send(t, all)
		for _, s := range all {
			s.at += 24 * float64(day-first)
			s.sealed = nil // it weighs
		}
		sent = append(sent, all...)
	}
	return sent
}

func (v *vendor) trouble(what string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wrong = append(v.wrong, what)
}
