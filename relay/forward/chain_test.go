package forward

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"log/slog"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func TestChainPassesOn(t *testing.T) {
	u := newUpstream(t, door.Config{})
	s := newSite(t, ChainConfig{Relays: []string{u.url()}})
	s.connected(t)
	all := s.envelopes(3*maxFlight+1, wire.ClassNormal)
	all = append(all, all[0]) // the same attempt again: a replay, or an agent that lost its connection
	got := make(chan []*nats.Msg, 1)
	go func() {
		var msgs []*nats.Msg
		for range all {
			m := <-u.puts
			msgs = append(msgs, m)
			_ = m.Respond(wire.Hint{Code: wire.Queued}.Marshal())
		}
		got <- msgs
	}()
	if left := s.chain.Forward(t.Context(), all); len(left) != 0 {
		t.Fatalf("%d came back", len(left))
	}
	msgs := <-got
	for i, m := range msgs {
		if !bytes.Equal(m.Data, all[i].Envelope) || m.Header != nil || !strings.HasPrefix(m.Reply, "_INBOX.") || strings.HasPrefix(m.Reply, s.inbox[:20]) {
			t.Fatalf("put %d is not the envelope alone, under a name of the relay's own", i)
		}
	}
	reply := make([]byte, wire.ReplyLen)
	_, _ = rand.Read(reply)
	for range 2 { // the second is a stray
		if err := msgs[5].Respond(reply); err != nil {
			t.Fatal(err)
		}
	}
	if m, err := s.heard.NextMsg(20 * time.Second); err != nil || !bytes.Equal(m.Data, reply) {
		t.Errorf("the agent did not get its reply: %v", err)
	}
	eventually(t, "one reply, one stray", func() bool {
		n := s.chain.Stats()
		return n.Replies == 1 && n.Strays == 1 && n.Envelopes == uint64(len(all)) && n.Upstream == Connected
	})
}

// TestChainHints has the next relay say everything that it can.
func TestChainHints(t *testing.T) {
	later := func(d time.Duration) wire.Hint { return wire.Hint{Code: wire.Later, Wait: d} }
	for name, c := range map[string]struct {
		hint     wire.Hint
		left     bool
		held     bool // the class afterwards; the other never is
		resealed bool
		atLeast  time.Duration
	}{
		"queued":          {hint: wire.Hint{Code: wire.Queued}},
		"later":           {hint: later(time.Hour), left: true, held: true, atLeast: maxHold - time.Second},
		"off":             {hint: wire.Hint{Code: wire.Off}, left: true, held: true, atLeast: offHold - time.Second},
		"reseal":          {hint: wire.Hint{Code: wire.Reseal}, resealed: true},
		"later, a moment": {hint: later(time.Second), left: true, held: true},
	} {
		t.Run(name, func(t *testing.T) {
			u := newUpstream(t, door.Config{})
			s := newSite(t, ChainConfig{Relays: []string{u.url()}})
			s.connected(t)
			u.answer(c.hint, wire.Hint{Code: wire.Queued})
			one := s.envelopes(1, wire.ClassNormal)
			if left := s.chain.Forward(t.Context(), one); (len(left) == 1) != c.left {
				t.Errorf("%d came back, want back: %v", len(left), c.left)
			}
			s.chain.mu.Lock()
			until := max(0, time.Until(s.chain.hold[wire.ClassNormal]))
			s.chain.mu.Unlock()
			if (until > 0) != c.held || until < c.atLeast || until > maxHold {
				t.Errorf("held for %v, want held %v and at least %v", until, c.held, c.atLeast)
			}
			if left := s.chain.Forward(t.Context(), s.envelopes(1, wire.ClassUser)); len(left) != 0 {
				t.Error("what a user ordered is held with the rest")
			}
			patience := 50 * time.Millisecond
			if c.resealed {
				patience = 20 * time.Second // the key list is asked for first
			}
			m, err := s.heard.NextMsg(patience)
			if c.resealed != (err == nil) {
				t.Fatalf("the agent heard of it: %v, want %v", err == nil, c.resealed)
			}
			if c.resealed && !bytes.Equal(m.Data, c.hint.Marshal()) {
				t.Error("the agent heard something else than reseal")
			}
		})
	}
}

// TestChainHoldEnds asks again after the time that the next relay asked for.
func TestChainHoldEnds(t *testing.T) {
	u := newUpstream(t, door.Config{})
	s := newSite(t, ChainConfig{Relays: []string{u.url()}})
	s.connected(t)
	u.answer(wire.Hint{Code: wire.Later, Wait: time.Second}, wire.Hint{Code: wire.Queued})
	one := s.envelopes(1, wire.ClassNormal)
	began := time.Now()
	for len(s.chain.Forward(t.Context(), one)) > 0 && time.Since(began) < 5*time.Second {
		time.Sleep(5 * time.Millisecond) // as the pool does
	}
	if took := time.Since(began); took < 900*time.Millisecond || took > 4*time.Second {
		t.Errorf("passed after %v, want after a second", took)
	}
	if n := s.chain.Stats(); n.Refused != 1 || n.Envelopes != 1 {
		t.Errorf("%+v, want one put refused and one taken", n)
	}
}

// TestChainSilence leaves puts without a hint: when they are called back, and
// when the next relay dies, they are back at once.
func TestChainSilence(t *testing.T) {
	u := newUpstream(t, door.Config{})
	s := newSite(t, ChainConfig{Relays: []string{u.url()}})
	s.connected(t)
	silent := func(end func(cancel context.CancelFunc)) {
		t.Helper()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		back := make(chan int, 1)
		go func() { back <- len(s.chain.Forward(ctx, s.envelopes(3, wire.ClassNormal))) }()
		for range 3 {
			<-u.puts
		}
		began := time.Now()
		end(cancel)
		if n := <-back; n != 3 || time.Since(began) > time.Second {
			t.Errorf("%d of 3 came back after %v", n, time.Since(began))
		}
	}
	silent(func(cancel context.CancelFunc) { cancel() })
	silent(func(context.CancelFunc) { u.stop() })
	if n := s.chain.Stats(); n.Unanswered != 6 || n.Envelopes != 0 {
		t.Errorf("%+v, want 6 unanswered", n)
	}
}

// TestChainAwayAndBack takes the next relay away and gives another at its
// address: names differ, what waits is tried at once.
func TestChainAwayAndBack(t *testing.T) {
	addr := netip.MustParseAddrPort(testhost.FreeAddress(t))
	u := newUpstream(t, door.Config{Listen: addr})
	back := make(chan struct{}, 16)
	s := newSite(t, ChainConfig{Relays: []string{u.url()}, Connected: func() { back <- struct{}{} }})
	<-back
	s.connected(t)
	u.answer(wire.Hint{Code: wire.Queued})
	first := s.name()
	u.stop()
	eventually(t, "the next relay is away", func() bool { return s.chain.Ready(t.Context()) != nil })
	if left := s.chain.Forward(t.Context(), s.envelopes(2, wire.ClassNormal)); len(left) != 2 {
		t.Errorf("%d of 2 came back while nobody is there", len(left))
	}
	again := newUpstream(t, door.Config{Listen: addr})
	again.answer(wire.Hint{Code: wire.Queued})
	<-back
	s.connected(t)
	if left := s.chain.Forward(t.Context(), s.envelopes(2, wire.ClassNormal)); len(left) != 0 {
		t.Errorf("%d of 2 came back from the new one", len(left))
	}
	if s.name() == first {
		t.Error("a new connection came under the old name")
	}
}

func (s *site) name() string {
	s.chain.mu.Lock()
	defer s.chain.mu.Unlock()
	return s.chain.link.inbox
}

// TestChainTLS pins the next relay's certificate, and names what is wrong.
func TestChainTLS(t *testing.T) {
	own := func(dir string) tls.Certificate {
		c, err := certificate.Own(filepath.Join(t.TempDir(), dir), []string{"127.0.0.1"}, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	right, other := own("a"), own("b")
	u := newUpstream(t, door.Config{TLS: certificate.Server(right)})
	plain := newUpstream(t, door.Config{})
	at := func(scheme string, u *upstream) []string { return []string{scheme + u.door.Addr().String()} }
	for name, c := range map[string]struct {
		cfg  ChainConfig
		want string // in why it is not ready; "": it is
	}{
		"pinned":              {ChainConfig{Relays: at("tls://", u), Fingerprint: certificate.Of(right)}, ""},
		"another certificate": {ChainConfig{Relays: at("tls://", u), Fingerprint: certificate.Of(other)}, certificate.ErrPin.Error()},
		"no pin":              {ChainConfig{Relays: at("tls://", u)}, "signed by no authority"},
		"wrong credential":    {ChainConfig{Relays: at("tls://", u), Fingerprint: certificate.Of(right), Credential: "x"}, badCredential},
		"TLS to a plain one":  {ChainConfig{Relays: at("tls://", plain), Fingerprint: certificate.Of(right)}, "does not speak TLS"},
		"nobody there":        {ChainConfig{Relays: []string{"nats://127.0.0.1:1"}}, nobodyThere},
		"second of two":       {ChainConfig{Relays: append(at("tls://", u), "tls://127.0.0.1:1"), Fingerprint: certificate.Of(right)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var log testhost.Log
			c.cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			s := newSite(t, c.cfg)
			eventually(t, "it is as it should be", func() bool {
				err := s.chain.Ready(t.Context())
				return err == nil && c.want == "" || err != nil && c.want != "" && strings.Contains(err.Error(), c.want)
			})
			if strings.Contains(log.String(), "127.0.0.1") {
				t.Errorf("the log has an address:\n%s", log.String())
			}
		})
	}
}

// TestChainKeyList is given the next relay's key list when it connects.
func TestChainKeyList(t *testing.T) {
	u := newUpstream(t, door.Config{})
	if _, err := u.gate.Subscribe(wire.SubjectGetKeys, func(m *nats.Msg) { _ = m.Respond([]byte("a list")) }); err != nil {
		t.Fatal(err)
	}
	lists := make(chan []byte, 16)
	newSite(t, ChainConfig{Relays: []string{u.url()}, KeyList: func(b []byte) { lists <- slices.Clone(b) }})
	if got := <-lists; string(got) != "a list" {
		t.Errorf("%q", got)
	}
}

func TestChainRefusesConfig(t *testing.T) {
	conn := &nats.Conn{}
	good := ChainConfig{Relays: []string{"tls://a.example:8472"}, Credential: "c", Agents: conn}
	if _, err := NewChain(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*ChainConfig){
		"no relay":      func(c *ChainConfig) { c.Relays = nil },
		"no credential": func(c *ChainConfig) { c.Credential = "" },
		"no connection": func(c *ChainConfig) { c.Agents = nil },
		"another kind":  func(c *ChainConfig) { c.Relays = []string{"https://a.example:1"} },
		"no port":       func(c *ChainConfig) { c.Relays = []string{"tls://a.example"} },
		"no host":       func(c *ChainConfig) { c.Relays = []string{"tls://:8472"} },
		"a secret":      func(c *ChainConfig) { c.Relays = []string{"tls://user:planted@a.example:8472"} },
	} {
		cfg := good
		change(&cfg)
		if _, err := NewChain(cfg); err == nil || strings.Contains(err.Error(), "planted") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
