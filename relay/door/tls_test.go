package door

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/testhost"
)

func TestTLS(t *testing.T) {
	cert, roots := ownCertificate(t)
	var log testhost.Log
	cfg := config(t)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
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
	eventually(t, "the handshake is counted, and logged with its reason", func() bool {
		return d.Stats().Refused.Handshake == 1 && strings.Contains(log.String(), "no TLS 1.3")
	})
	if strings.Contains(log.String(), "127.0.0.1") {
		t.Errorf("the log says who it was:\n%s", log.String())
	}
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

func ownCertificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
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
