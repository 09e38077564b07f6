package agent_test

import (
	"context"
	"crypto/ed25519"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const (
	credential = "the channel's"
	patience   = 20 * time.Second
)

func TestMain(m *testing.M) {
	// Whoever runs the tests may refuse for himself.
	for _, name := range []string{"DO_NOT_TRACK", "TACIT_TELEMETRY"} {
		_ = os.Unsetenv(name) // these names are valid
	}
	goleak.VerifyTestMain(m)
}

// house is an agent on real files, with a clock that the test sets.
type house struct {
	*agent.Agent
	t      *testing.T
	config agent.Config
	ahead  atomic.Int64 // how much the clock is ahead
}

func newHouse(t *testing.T, change ...func(*agent.Config)) *house {
	t.Helper()
	dir, err := os.MkdirTemp("", "t")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	h := &house{t: t}
	h.config = agent.Config{
		Data: datadir.Dir(dir), Product: schema.Product{Name: "tacit", Version: "0.1.0"}, Credential: credential,
		Now: func() time.Time { return time.Now().Add(time.Duration(h.ahead.Load())) },
	}
	for _, c := range change {
		c(&h.config)
	}
	if err := h.config.Data.Make(); err != nil {
		t.Fatal(err)
	}
	if h.Agent, err = agent.New(t.Context(), h.config); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.stop)
	return h
}

func (h *house) stop() {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := h.Stop(ctx); err != nil {
		h.t.Error(err)
	}
}

func (h *house) start() *local.Caller {
	h.t.Helper()
	if err := h.Start(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	if err := h.Looked(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
	return local.NewCaller(h.config.Data.Run())
}

func (h *house) collect() {
	h.t.Helper()
	if err := h.Collect(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// told counts how often a metric is on the pages that would be sent.
func (h *house) told(metric string) (n int) {
	h.t.Helper()
	p, err := h.Preview()
	if err != nil {
		h.t.Fatal(err)
	}
	for _, page := range p.Pages {
		for _, r := range page.Records {
			if r.Metric == metric {
				n++
			}
		}
	}
	return n
}

// newRelay returns a relay that keeps its site's policy, which is on by
// default.
func newRelay(t *testing.T, more ...func(*relay.Config)) (r *relay.Relay, change func(*agent.Config)) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	key, err := envelope.NewPrivateKey(1, schema.DayOf(time.Now())-1)
	if err != nil {
		t.Fatal(err)
	}
	list := envelope.SignKeyList(private, &wire.KeyList{Version: 1, Suite: wire.SuiteX25519, Keys: []wire.Key{key.Public()}})
	dir := t.TempDir()
	c := relay.Config{
		Dir: filepath.Join(dir, "relay"), Listen: "127.0.0.1:0", Credential: credential, KeyList: list, MinPeers: 1, MaxStore: 64 << 20,
		Site: true, Witness: filepath.Join(dir, "witness", "relay.json"),
	}
	for _, f := range more {
		f(&c)
	}
	r = startRelay(t, c)
	return r, func(c *agent.Config) { c.Relays, c.Vendor = []string{"nats://" + r.Addr().String()}, public }
}

func startRelay(t *testing.T, c relay.Config) *relay.Relay {
	t.Helper()
	r, err := relay.New(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stopRelay(t, r) })
	return r
}

func stopRelay(t *testing.T, r *relay.Relay) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := r.Stop(ctx); err != nil {
		t.Error(err)
	}
}

// counter counts connections from outside.
func counter(t *testing.T) (dials *atomic.Int32, change func(*agent.Config)) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dials = new(atomic.Int32)
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			dials.Add(1)
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		ended.Wait()
	})
	return dials, func(c *agent.Config) { c.Relays = []string{"nats://" + l.Addr().String()} }
}

func eventually(t *testing.T, what string, within time.Duration, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within %v: %s", within, what)
}
