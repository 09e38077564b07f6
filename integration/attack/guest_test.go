package attack

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// doorway is where a relay lets people in.
type doorway struct {
	name        string
	address     string // host and port
	fingerprint string // of its certificate, AB:CD:…
	credential  string // of its channel, which agents or sites show
	metrics     string // URL
	called      map[string]bool
}

// port returns the port that the relay listens on.
func (d *doorway) port() uint16 { return netip.MustParseAddrPort(d.address).Port() }

// plain connects from an address of loopback, and makes sure that the relay is
// called from there.
func (d *doorway) plain(t testing.TB, from caller) net.Conn {
	t.Helper()
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from.at)}, Timeout: rig.Patience}
	c, err := dialer.DialContext(t.Context(), "tcp", d.address)
	if err != nil {
		t.Fatalf("call at %s from %s: %v", d.name, from.at, err)
	}
	t.Cleanup(func() { _ = c.Close() })
	d.isCalledFrom(t, from)
	return c
}

func (d *doorway) isCalledFrom(t testing.TB, from caller) {
	t.Helper()
	if d.called[from.at] {
		return
	}
	rig.Eventually(t, d.name+" is called from the address of "+from.who, func() bool { return connectedTo(t, d.port())[from.at] })
	d.called[from.at] = true
}

// config accepts the one certificate that the relay told of.
func (d *doorway) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS13, InsecureSkipVerify: true, VerifyConnection: func(s tls.ConnectionState) error {
		sum := sha256.Sum256(s.PeerCertificates[0].Raw)
		if hex.EncodeToString(sum[:]) != strings.ToLower(strings.ReplaceAll(d.fingerprint, ":", "")) {
			return errors.New("another certificate than the relay told of")
		}
		return nil
	}}
}

// secret connects and does the TLS handshake.
func (d *doorway) secret(t testing.TB, from caller) *tls.Conn {
	t.Helper()
	c := tls.Client(d.plain(t, from), d.config())
	if err := c.HandshakeContext(t.Context()); err != nil {
		t.Fatalf("TLS with %s: %v", d.name, err)
	}
	return c
}

// through gives NATS's client a connection that is there already.
type through struct{ net.Conn }

func (c through) Dial(string, string) (net.Conn, error) { return c.Conn, nil }

// inboxOf returns where answers to a connection of a name come.
func inboxOf(name string) string { return "_INBOX." + name }

// enter comes in with NATS's own client, under a name and a credential.
func (d *doorway) enter(t testing.TB, from caller, name, credential string, more ...nats.Option) (*nats.Conn, error) {
	t.Helper()
	options := append([]nats.Option{
		nats.SetCustomDialer(through{d.secret(t, from)}), nats.SkipHostLookup(), nats.UserInfo(name, credential),
		nats.CustomInboxPrefix(inboxOf(name)), nats.NoReconnect(), nats.Timeout(rig.Patience),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}),
	}, more...)
	c, err := nats.Connect("nats://"+d.address, options...)
	if err == nil {
		t.Cleanup(c.Close)
	}
	return c, err
}

// guest comes in as whoever has the credential may, under a random name.
func (d *doorway) guest(t testing.TB, from caller, credential string, more ...nats.Option) (c *nats.Conn, name string) {
	t.Helper()
	name = rand.Text()
	c, err := d.enter(t, from, name, credential, more...)
	if err != nil {
		t.Fatalf("come in at %s: %v", d.name, err)
	}
	return c, name
}
