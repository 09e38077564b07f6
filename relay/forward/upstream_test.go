package forward

import (
	"context"
	"crypto/rand"
	"net/netip"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// upstream is the real door of a next relay; the test plays its gate.
type upstream struct {
	t    *testing.T
	door *door.Door
	gate *nats.Conn
	puts chan *nats.Msg
}

func newUpstream(t *testing.T, cfg door.Config) *upstream {
	t.Helper()
	cfg.Credential = "next"
	if !cfg.Listen.IsValid() {
		cfg.Listen = netip.MustParseAddrPort("127.0.0.1:0")
	}
	u := &upstream{t: t, puts: make(chan *nats.Msg, 1024)}
	var err error
	if u.door, err = door.New(cfg); err != nil {
		t.Fatal(err)
	}
	if err := u.door.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if u.gate, err = u.door.Conn(door.RoleGate); err != nil {
		t.Fatal(err)
	}
	if _, err := u.gate.Subscribe(wire.SubjectPut, func(m *nats.Msg) { u.puts <- m }); err != nil {
		t.Fatal(err)
	}
	if err := u.gate.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := u.door.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(u.stop)
	return u
}

func (u *upstream) stop() {
	u.gate.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := u.door.Stop(ctx); err != nil {
		u.t.Error(err)
	}
}

func (u *upstream) url() string { return "nats://" + u.door.Addr().String() }

// answer gives every put the next hint, and the last one for ever.
func (u *upstream) answer(hints ...wire.Hint) {
	ctx := u.t.Context()
	go func() { // ends with the test
		for {
			select {
			case m := <-u.puts:
				_ = m.Respond(hints[0].Marshal())
				if len(hints) > 1 {
					hints = hints[1:]
				}
			case <-ctx.Done():
				return
			}
		}
	}()
}

// site is a chain and the agents' side before it.
type site struct {
	chain *Chain
	agent *nats.Conn
	inbox string
	heard *nats.Subscription
}

func newSite(t *testing.T, cfg ChainConfig) *site {
	t.Helper()
	d, err := door.New(door.Config{Listen: netip.MustParseAddrPort("127.0.0.1:0"), Credential: "site"})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := &site{}
	if cfg.Agents, err = d.Conn(door.RoleGate); err != nil {
		t.Fatal(err)
	}
	name := rand.Text()
	s.inbox = wire.InboxPrefix(name) + ".1"
	if s.agent, err = nats.Connect("nats://"+d.Addr().String(), nats.UserInfo(name, "site"), nats.CustomInboxPrefix(wire.InboxPrefix(name)), nats.NoReconnect()); err != nil {
		t.Fatal(err)
	}
	if s.heard, err = s.agent.SubscribeSync(s.inbox); err != nil {
		t.Fatal(err)
	}
	if err := s.agent.Flush(); err != nil {
		t.Fatal(err)
	}
	if cfg.Credential == "" {
		cfg.Credential = "next"
	}
	if s.chain, err = NewChain(cfg); err != nil {
		t.Fatal(err)
	}
	if err := s.chain.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		if err := s.chain.Stop(ctx); err != nil {
			t.Error(err)
		}
		s.agent.Close()
		cfg.Agents.Close()
		if err := d.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *site) connected(t *testing.T) {
	t.Helper()
	eventually(t, "the next relay is connected", func() bool { return s.chain.Ready(t.Context()) == nil })
}

// envelopes returns n items of a class whose replies go to the site's agent.
func (s *site) envelopes(n int, class wire.Class) []pool.Item {
	out := items(n, 200)
	for i := range out {
		out[i].Inbox, out[i].Class = s.inbox, class
	}
	return out
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 5 s: %s", what)
}
