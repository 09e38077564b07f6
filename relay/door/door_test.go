package door

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

const credential = "a channel's shared credential"

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func config(t *testing.T) Config {
	return Config{
		StreamDir:  filepath.Join(t.TempDir(), "stream"),
		Listen:     netip.MustParseAddrPort("127.0.0.1:0"),
		Credential: credential,
	}
}

func open(t *testing.T, cfg Config) *Door {
	t.Helper()
	d, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := d.Stop(ctx); err != nil {
			t.Errorf("stop: %v", err)
		}
	})
	if err := errors.Join(d.Start(t.Context()), d.Open(t.Context())); err != nil {
		t.Fatal(err)
	}
	return d
}

func dial(d *Door, name, password string, more ...nats.Option) (*nats.Conn, error) {
	opts := append([]nats.Option{
		nats.UserInfo(name, password), nats.CustomInboxPrefix(wire.InboxPrefix(name)), nats.NoReconnect(),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)
	return nats.Connect("nats://"+d.Addr().String(), opts...)
}

func guest(t *testing.T, d *Door, name string, more ...nats.Option) *nats.Conn {
	t.Helper()
	c, err := dial(d, name, credential, more...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(2 * time.Millisecond) {
		if ok() {
			return
		}
	}
	t.Fatalf("not within 5 s: %s", what)
}

func TestWhoMayEnter(t *testing.T) {
	d := open(t, config(t))
	taken := rand.Text()
	guest(t, d, taken)
	for name, c := range map[string]struct {
		user, password string
		ok             bool
	}{
		"an agent":               {rand.Text(), credential, true},
		"url-safe characters":    {"-_" + rand.Text(), credential, true},
		"wrong credential":       {rand.Text(), credential + "!", false},
		"no credential":          {rand.Text(), "", false},
		"no name":                {"", credential, false},
		"short name":             {"abcdefghijklmnopqrstu", credential, false},
		"long name":              {strings.Repeat("a", 65), credential, false},
		"name with a wildcard":   {strings.Repeat("a", 22) + "*", credential, false},
		"name with a dot":        {strings.Repeat("a", 22) + ".b", credential, false},
		"name of a live one":     {taken, credential, false},
		"an inside role":         {string(RoleStore), credential, false},
		"a role with its secret": {string(RoleStore), d.secrets[RoleStore], false},
	} {
		t.Run(name, func(t *testing.T) {
			nc, err := nats.Connect("nats://"+d.Addr().String(), nats.UserInfo(c.user, c.password), nats.NoReconnect())
			if err == nil {
				nc.Close()
			}
			if (err == nil) != c.ok {
				t.Errorf("connect: %v, want in: %v", err, c.ok)
			}
		})
	}
	if s := d.Stats(); s.Refused.Credential != 3 || s.Refused.Name != 7 {
		t.Errorf("refused %+v, want 3 credentials and 7 names", s.Refused)
	}
}

// TestName follows one name: live, refused to others, free when its
// connection ends, and not to be changed.
func TestName(t *testing.T) {
	d := open(t, config(t))
	name := rand.Text()
	a := guest(t, d, name)
	if !d.Live(name) {
		t.Error("a connected name is not live")
	}
	a.Close()
	eventually(t, "the name dies with its connection", func() bool { return !d.Live(name) })
	guest(t, d, name)

	raw, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close() //nolint:errcheck // a test's
	greet := func(name string) {
		fmt.Fprintf(raw, "CONNECT {\"user\":%q,\"pass\":%q,\"protocol\":1}\r\nPING\r\n", name, credential)
	}
	lines := bufio.NewReader(raw)
	mine := rand.Text()
	greet(mine)
	waitFor(t, lines, "PONG")
	if !d.Live(mine) {
		t.Error("the first name is not live")
	}
	greet(rand.Text())
	waitFor(t, lines, "-ERR 'Authorization Violation'")
}

func waitFor(t *testing.T, r *bufio.Reader, want string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if strings.HasPrefix(line, want) {
			return
		}
		if err != nil {
			t.Fatalf("the connection ended before %q: %v", want, err)
		}
	}
}

// TestRogue has a guest with the right credential try everything that is not
// an agent's.
func TestRogue(t *testing.T) {
	d := open(t, config(t))
	victim := rand.Text()
	v := guest(t, d, victim)
	heard, err := v.SubscribeSync(wire.InboxPrefix(victim) + ".>")
	if err != nil {
		t.Fatal(err)
	}
	spy, err := d.Conn(RoleGate)
	if err != nil {
		t.Fatal(err)
	}
	defer spy.Close()
	puts, err := spy.SubscribeSync(wire.SubjectPut)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(v.Flush(), spy.Flush()); err != nil {
		t.Fatal(err)
	}

	violations := make(chan error, 64)
	rogue := guest(t, d, rand.Text(), nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { violations <- err }))
	forbidden := func(what string, err error) {
		t.Helper()
		if err := errors.Join(err, rogue.Flush()); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-violations:
			if !errors.Is(err, nats.ErrPermissionViolation) {
				t.Errorf("%s: %v, want a permissions violation", what, err)
			}
		case <-time.After(2 * time.Second):
			t.Errorf("%s is allowed", what)
		}
	}
	for _, s := range []string{
		">", "*", "_INBOX.>", wire.InboxPrefix(victim) + ".>", wire.InboxPrefix("*") + ".>", wire.SubjectReply,
		wire.SubjectPut, wire.SubjectGetKeys, "tacit.>", "tacit.*", wire.CrateSubject(0), "$SYS.>", "$JS.>", "$JS.EVENT.ADVISORY.>",
	} {
		_, err := rogue.SubscribeSync(s)
		forbidden("subscribe "+s, err)
	}
	for _, s := range []string{
		wire.CrateSubject(0), wire.SubjectPolicy, wire.SubjectReply, wire.InboxPrefix(victim) + ".1", "tacit.get.keys.more",
		"$JS.API.INFO", "$JS.API.STREAM.DELETE." + wire.StreamCrates, "$SYS.REQ.SERVER.PING", "$JS.ACK." + wire.StreamCrates + ".group-0.1.1.1.1.0",
	} {
		forbidden("publish "+s, rogue.Publish(s, []byte("x")))
	}
	if err := rogue.Publish(wire.SubjectPut, []byte("fine")); err != nil {
		t.Fatal(err)
	}
	if m, err := puts.NextMsg(5 * time.Second); err != nil || string(m.Data) != "fine" {
		t.Errorf("an allowed put did not arrive: %v", err)
	}
	if m, err := heard.NextMsg(10 * time.Millisecond); err == nil {
		t.Errorf("the victim heard %d bytes on its inbox", len(m.Data))
	}
}

// TestInsideRights has the store's connection try what is not a store's.
func TestInsideRights(t *testing.T) {
	d := open(t, config(t))
	c, err := d.Conn(RoleStore)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, s := range []string{
		wire.CrateSubject(0), "$JS.API.STREAM.DELETE." + stream, "$JS.API.STREAM.PURGE." + stream,
		"$JS.API.STREAM.UPDATE." + stream, "$JS.API.CONSUMER.DELETE." + stream + ".group-0", "$SYS.REQ.SERVER.PING",
	} {
		if err := errors.Join(c.Publish(s, nil), c.Flush()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "publishing "+s+" is a violation", func() bool {
			err := c.LastError()
			return errors.Is(err, nats.ErrPermissionViolation) && strings.Contains(err.Error(), s)
		})
	}
}

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

func TestTLS(t *testing.T) {
	cert, roots := certificate(t)
	cfg := config(t)
	cfg.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	d := open(t, cfg)
	client := &tls.Config{RootCAs: roots, ServerName: "relay"}
	guest(t, d, rand.Text(), nats.Secure(client), nats.TLSHandshakeFirst())
	guest(t, d, rand.Text(), nats.SetCustomDialer(&tlsDialer{client}))

	old := client.Clone()
	old.MaxVersion = tls.VersionTLS12
	if c, err := tls.Dial("tcp", d.Addr().String(), old); err == nil {
		_ = c.Close()
		t.Error("TLS 1.2 was taken")
	}
	eventually(t, "the handshake is counted", func() bool { return d.Stats().Refused.Handshake == 1 })
	raw, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close() //nolint:errcheck // a test's
	fmt.Fprintf(raw, "CONNECT {}\r\n")
	if b, _ := io.ReadAll(raw); bytes.Contains(b, []byte("INFO")) {
		t.Error("a plain client was greeted")
	}
}

// tlsDialer ends TLS before NATS sees the connection, as agents do.
type tlsDialer struct{ cfg *tls.Config }

func (d *tlsDialer) Dial(network, address string) (net.Conn, error) {
	return tls.Dial(network, address, d.cfg)
}

func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"relay"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func TestTooMany(t *testing.T) {
	cfg := config(t)
	cfg.MaxConns = 1
	d := open(t, cfg)
	first := guest(t, d, rand.Text())
	if c, err := dial(d, rand.Text(), credential); err == nil {
		c.Close()
		t.Error("one connection too many was let in")
	}
	if s := d.Stats(); s.Connections != 1 || s.Refused.Full != 1 {
		t.Errorf("stats %+v, want one here and one refused", s)
	}
	first.Close()
	eventually(t, "there is room again", func() bool { return d.Stats().Connections == 0 })
	guest(t, d, rand.Text())
}

// TestSilent leaves a connection without a word: it must be cut off, or
// silent ones would fill the door.
func TestSilent(t *testing.T) {
	t.Parallel()
	d := open(t, config(t))
	raw, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close() //nolint:errcheck // a test's
	if err := raw.SetReadDeadline(time.Now().Add(2 * authTimeout)); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(raw)
	if err != nil || !bytes.Contains(b, []byte("Authentication Timeout")) {
		t.Errorf("after %v: %v, want to be cut off", 2*authTimeout, err)
	}
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
