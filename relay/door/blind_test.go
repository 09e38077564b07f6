package door

import (
	"bytes"
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

	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestNoAddress looks where a NATS server shows addresses, of an agent and of
// a store in a process of its own.
func TestNoAddress(t *testing.T) {
	const address = "127.0.7.9"
	var log testhost.Log
	cfg := config(t)
	cfg.StoreCredential = storeCredential
	cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	d := open(t, cfg)
	from := func(o *nats.Options) error {
		o.CustomDialer = &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
		return nil
	}
	forward, err := d.Conn(RoleForward)
	if err != nil {
		t.Fatal(err)
	}
	defer forward.Close()
	for _, g := range []struct{ account, credential, ask string }{
		{accountAgents, credential, wire.SubjectGetPolicy},
		{accountEdge, storeCredential, "$JS.API.STREAM.INFO." + stream},
	} {
		ended := overhear(t, d, d.srv.SystemAccount(), "$SYS.ACCOUNT."+g.account+".DISCONNECT")
		advised := overhear(t, d, d.edge, "$JS.EVENT.>")
		c, err := dial(d, rand.Text(), g.credential, from)
		if err != nil {
			t.Skip("this system has no " + address)
		}
		_, _ = c.Request(g.ask, nil, 100*time.Millisecond) // nobody may be there to answer
		shown := monitored(t, d)
		if bytes.Contains(shown, []byte(address)) {
			t.Errorf("%s: the server's monitoring shows the address: %s", g.account, shown)
		}
		_ = c.Publish("$SYS.REQ.SERVER.PING", nil)
		_ = c.Flush()
		c.Close()
		events := [][]byte{<-ended}
		if g.account == accountEdge {
			events = append(events, <-advised)
		}
		for _, event := range events {
			if bytes.Contains(event, []byte(address)) || bytes.Contains(event, []byte(`"host"`)) && bytes.Contains(event, []byte("127.0")) {
				t.Errorf("%s: an event shows the address: %s", g.account, event)
			}
		}
	}
	if strings.Contains(log.String(), address) {
		t.Errorf("the log shows the address: %s", log.String())
	}
}

// monitored returns all that the server's monitoring would show.
func monitored(t *testing.T, d *Door) []byte {
	t.Helper()
	conns, err := d.srv.Connz(&server.ConnzOptions{Username: true, Subscriptions: true, SubscriptionsDetail: true, State: server.ConnAll})
	vars, errVars := d.srv.Varz(nil)
	subs, errSubs := d.srv.Subsz(&server.SubszOptions{Subscriptions: true})
	accounts, errAccounts := d.srv.Accountz(&server.AccountzOptions{Account: accountEdge})
	streams, errStreams := d.srv.Jsz(&server.JSzOptions{Accounts: true, Streams: true, Consumer: true, Config: true})
	if err := errors.Join(err, errVars, errSubs, errAccounts, errStreams); err != nil {
		t.Fatal(err)
	}
	if conns.NumConns == 0 || subs.Total == 0 {
		t.Errorf("the server shows %d connections and %d subscriptions: nothing to look at", conns.NumConns, subs.Total)
	}
	shown, err := json.Marshal([]any{conns, vars, subs, accounts, streams})
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// overhear hears what an account says of others, which nobody in the product
// can: the test's own client is let in by hand.
func overhear(t *testing.T, d *Door, account *server.Account, subject string) <-chan []byte {
	t.Helper()
	events := make(chan []byte, 16)
	roles["test"] = rights{agents: true, subscribe: []string{">"}}
	t.Cleanup(func() { delete(roles, "test") })
	d.secrets["test"] = rand.Text()
	agents := d.agents
	d.agents = account
	c, err := d.Conn("test")
	d.agents = agents
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if _, err := c.Subscribe(subject, func(m *nats.Msg) { events <- m.Data }); err != nil {
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
	b.Warnf("error reading %q: %q is no sum; unknown field %q", "/some/where/stream/meta.inf", `what a "damaged" file has`, "of 10.1.2.3")
	b.Noticef("chatter")
	got := log.String()
	for _, bad := range []string{"some/where", "10.1.2.3", "db8", "fe80", "client's", "damaged", "unknown field \\\"of", "chatter"} {
		if strings.Contains(got, bad) {
			t.Errorf("the log has %q: %s", bad, got)
		}
	}
	if !strings.Contains(got, "DIR/x") || !strings.Contains(got, "DIR/meta.inf") || b.clients.Load() != 1 {
		t.Errorf("the rest is gone: %s", got)
	}
}
