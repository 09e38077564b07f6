package door

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestStoreFromOutside lets a store in although the house is full of agents,
// and gives it no agent's place.
func TestStoreFromOutside(t *testing.T) {
	cfg := config(t)
	cfg.MaxConns, cfg.StoreCredential = 2, storeCredential
	d := open(t, cfg)
	guest(t, d, rand.Text())
	guest(t, d, rand.Text())
	if c, err := dial(d, rand.Text(), credential); err == nil {
		c.Close()
		t.Error("one agent too many was let in")
	}
	name := rand.Text()
	store, err := dial(d, name, storeCredential)
	if err != nil {
		t.Fatalf("a store beside as many agents as may be: %v", err)
	}
	defer store.Close()
	if s := d.Stats(); s.Agents != 2 || s.Stores != 1 || s.Refused.Full != 1 {
		t.Errorf("stats %+v, want two agents, one store, one refused", s)
	}
	if d.Live(name) {
		t.Error("a store counts as an agent, whose inbox may be answered")
	}
	if c, err := dial(d, name, credential); err == nil {
		c.Close()
		t.Error("an agent took the store's name")
	}
	store.Close()
	eventually(t, "the store has left", func() bool { return d.Stats().Stores == 0 })
}

func TestNoStoreFromOutside(t *testing.T) {
	d := open(t, config(t))
	for _, password := range []string{"", storeCredential} {
		if c, err := dial(d, rand.Text(), password); err == nil {
			c.Close()
			t.Errorf("%q was let in where no store's credential is set", password)
		}
	}
}

// TestWithoutStream is a site's: no JetStream runs, and nobody is in the
// edge's account.
func TestWithoutStream(t *testing.T) {
	cfg := config(t)
	cfg.StreamDir = ""
	d := open(t, cfg)
	guest(t, d, rand.Text())
	if d.srv.JetStreamEnabled() {
		t.Error("JetStream runs")
	}
	cfg.StoreCredential = storeCredential
	if _, err := New(cfg); err == nil {
		t.Error("a store's credential without a stream was taken")
	}
	cfg = config(t)
	cfg.StoreCredential = credential
	if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), "two different ones") {
		t.Errorf("the same credential for agents and stores: %v", err)
	}
}

// TestRefusalsAreLogged refuses many times: each kind is logged once, without
// what the stranger said.
func TestRefusalsAreLogged(t *testing.T) {
	var log testhost.Log
	cfg := config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	d := open(t, cfg)
	for range 5 {
		if c, err := dial(d, rand.Text(), "planted-secret"); err == nil {
			c.Close()
			t.Fatal("a wrong credential was let in")
		}
		if c, err := dial(d, "planted.name", credential); err == nil {
			c.Close()
			t.Fatal("a bad name was let in")
		}
	}
	got := log.String()
	for _, reason := range []string{"wrong credential", "name of wrong form"} {
		if n := strings.Count(got, reason); n != 1 {
			t.Errorf("%q is logged %d times, want once", reason, n)
		}
	}
	for _, bad := range []string{"planted", "127.0.0.1"} {
		if strings.Contains(got, bad) {
			t.Errorf("the log has %q:\n%s", bad, got)
		}
	}
	if s := d.Stats().Refused; s.Credential != 5 || s.Name != 5 {
		t.Errorf("refused %+v, want five of each", s)
	}
}

// TestFlow sends what is larger than every buffer both ways, after and before
// small messages.
func TestFlow(t *testing.T) {
	for _, secure := range []bool{false, true} {
		cfg := config(t)
		var more []nats.Option
		if secure {
			cert, roots := ownCertificate(t)
			cfg.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			more = append(more, nats.SetCustomDialer(&tlsDialer{&tls.Config{RootCAs: roots, ServerName: "relay"}}))
		}
		d := open(t, cfg)
		inside, err := d.Conn(RoleGate)
		if err != nil {
			t.Fatal(err)
		}
		defer inside.Close()
		if _, err := inside.Subscribe(wire.SubjectPut, func(m *nats.Msg) { _ = m.Respond(m.Data) }); err != nil {
			t.Fatal(err)
		}
		if err := inside.Flush(); err != nil {
			t.Fatal(err)
		}
		c := guest(t, d, rand.Text(), more...)
		for _, size := range []int{1, smallBuffer - 40, smallBuffer, smallBuffer + 1, largeBuffer, 5*largeBuffer + 3, maxPayload, 1, 100} {
			data := make([]byte, size)
			_, _ = rand.Read(data)
			ctx, cancel := context.WithTimeout(t.Context(), writeTimeout)
			m, err := c.RequestWithContext(ctx, wire.SubjectPut, data)
			cancel()
			if err != nil || !bytes.Equal(m.Data, data) {
				t.Errorf("TLS %v: %d bytes did not come back: %v", secure, size, err)
			}
		}
	}
}

// TestFloodIsLoggedOnce has more come than a part inside takes, again and
// again.
func TestFloodIsLoggedOnce(t *testing.T) {
	var log testhost.Log
	cfg := config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	d := open(t, cfg)
	inside, err := d.Conn(RoleGate)
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	puts, err := inside.SubscribeSync(wire.SubjectPut)
	if err := errors.Join(err, puts.SetPendingLimits(1, -1), inside.Flush()); err != nil {
		t.Fatal(err)
	}
	c := guest(t, d, rand.Text())
	for i := range 5 {
		for range 3 {
			if err := c.Publish(wire.SubjectPut, nil); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, "one more is dropped", func() bool { n, err := puts.Dropped(); return err == nil && n >= 2*i+1 })
		if _, err := puts.NextMsg(time.Second); err != nil && !errors.Is(err, nats.ErrSlowConsumer) {
			t.Fatal(err)
		}
	}
	eventually(t, "the flood is logged", func() bool { return strings.Contains(log.String(), "gate: more comes than it can take") })
	if got := log.String(); strings.Count(got, "\n") != 1 {
		t.Errorf("more than one line:\n%s", got)
	}
}
