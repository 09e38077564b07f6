package door

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// TestNoAddress looks where a NATS server shows addresses.
func TestNoAddress(t *testing.T) {
	const address = "127.0.7.9"
	var log bytes.Buffer // written by the server's goroutines only until it stops
	cfg := config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Start(t.Context()), d.Open(t.Context())); err != nil {
		t.Fatal(err)
	}
	sys := systemEvents(t, d)
	c, err := dial(d, rand.Text(), credential, func(o *nats.Options) error {
		o.CustomDialer = &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
		return nil
	})
	if err != nil {
		t.Skip("this system has no " + address)
	}
	conns, err := d.srv.Connz(&server.ConnzOptions{Username: true, Subscriptions: true, State: server.ConnAll})
	if err != nil {
		t.Fatal(err)
	}
	list, err := json.Marshal(conns)
	if err != nil {
		t.Fatal(err)
	}
	if conns.NumConns == 0 || bytes.Contains(list, []byte(address)) {
		t.Errorf("the connection list shows the address: %s", list)
	}
	_ = c.Publish("$SYS.REQ.SERVER.PING", nil)
	_ = c.Flush()
	c.Close()
	event := <-sys
	if bytes.Contains(event, []byte(address)) || bytes.Contains(event, []byte(`"host"`)) && bytes.Contains(event, []byte("127.0")) {
		t.Errorf("a system event shows the address: %s", event)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := d.Stop(ctx); err != nil {
		t.Error(err)
	}
	if strings.Contains(log.String(), address) {
		t.Errorf("the log shows the address: %s", log.String())
	}
}

// systemEvents hears connects and disconnects in the system account, which
// nobody in the product can: the test's own client is let in by hand.
func systemEvents(t *testing.T, d *Door) <-chan []byte {
	t.Helper()
	events := make(chan []byte, 16)
	roles["test"] = rights{agents: true, subscribe: []string{">"}}
	t.Cleanup(func() { delete(roles, "test") })
	d.secrets["test"] = rand.Text()
	agents := d.agents
	d.agents = d.srv.SystemAccount()
	c, err := d.Conn("test")
	d.agents = agents
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if _, err := c.Subscribe("$SYS.ACCOUNT."+accountAgents+".DISCONNECT", func(m *nats.Msg) { events <- m.Data }); err != nil {
		t.Fatal(err)
	}
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	return events
}

func TestLogIsClean(t *testing.T) {
	var log bytes.Buffer
	b := newBridge(slog.New(slog.NewTextHandler(&log, nil)), "/some/where/stream")
	b.Warnf("open %s for 10.1.2.3:4222, [2001:db8::1]:80 and fe80::1", "/some/where/stream/x")
	b.Errorf("%s - cid:%d - %q", "pipe", 4, "a client's text")
	b.Noticef("chatter")
	got := log.String()
	for _, bad := range []string{"some/where", "10.1.2.3", "db8", "fe80", "client's", "chatter"} {
		if strings.Contains(got, bad) {
			t.Errorf("the log has %q: %s", bad, got)
		}
	}
	if !strings.Contains(got, "DIR/x") || b.clients.Load() != 1 {
		t.Errorf("the rest is gone: %s", got)
	}
}
