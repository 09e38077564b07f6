package linkage

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
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
	lines      = 16   // connections that a fleet shares: the store's disk knows none
	underWay   = 1024 // envelopes without a reply
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
	open  map[wire.Attempt]*sending
	wrong []string
	done  chan struct{} // an envelope is answered for good
}

// line is one connection.
type line struct {
	conn  *nats.Conn
	inbox string
}

func newVendor(t *testing.T, first schema.Day) *vendor {
	t.Helper()
	v := &vendor{dir: t.TempDir(), open: map[wire.Attempt]*sending{}, slots: make(chan struct{}, underWay)}
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
		Registry: registry.Base(), GroupWait: 20 * time.Millisecond, Logger: logger, Now: v.now,
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
	attempt := wire.Attempt(m.Subject[len(m.Subject)-16:])
	v.mu.Lock()
	s := v.open[attempt]
	delete(v.open, attempt)
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

func (v *vendor) trouble(what string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.wrong = append(v.wrong, what)
}
