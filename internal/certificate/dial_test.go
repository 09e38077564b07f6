package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// own returns a certificate for the names, good from a day on.
func own(t *testing.T, from time.Time, names ...string) tls.Certificate {
	t.Helper()
	c, err := Own(filepath.Join(t.TempDir(), "tls"), names, from)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// serving listens on loopback, ends handshakes with cfg, and echoes. It returns
// its address and what became of each handshake.
func serving(t *testing.T, cfg *tls.Config) (address string, ended <-chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handshakes, done := make(chan error, 10), make(chan struct{})
	go func() {
		defer close(done)
		for {
			raw, err := l.Accept()
			if err != nil {
				return
			}
			c := tls.Server(raw, cfg)
			ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
			err = c.HandshakeContext(ctx)
			cancel()
			if handshakes <- err; err == nil {
				_, _ = io.CopyN(c, c, 4) // the client sees what is missing
			}
			_ = raw.Close() // nobody uses it any more
		}
	}()
	t.Cleanup(func() { _ = l.Close(); <-done })
	return l.Addr().String(), handshakes
}

func pool(c tls.Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(c.Leaf)
	return p
}

// TestHandshake dials with pins and roots, right and wrong. Both sides say what
// is wrong in fixed words.
func TestHandshake(t *testing.T) {
	today := time.Now()
	shown, other := own(t, today, "127.0.0.1"), own(t, today, "127.0.0.1")
	elsewhere, old := own(t, today, "relay.example"), own(t, today.AddDate(-30, 0, 0), "127.0.0.1")
	older := Client(Of(shown), nil)
	older.MinVersion, older.MaxVersion = tls.VersionTLS12, tls.VersionTLS12
	for name, c := range map[string]struct {
		server tls.Certificate
		client *tls.Config
		here   string // what the client says; "": it is believed
		there  string // what the server says
	}{
		"pin":                   {shown, Client(Of(shown), nil), "", ""},
		"pin of another name":   {elsewhere, Client(Of(elsewhere), nil), "", ""},
		"pin, expired":          {old, Client(Of(old), nil), "", ""},
		"wrong pin":             {shown, Client(Of(other), nil), ErrPin.Error(), reasonRefused},
		"wrong pin, good roots": {shown, Client(Of(other), pool(shown)), ErrPin.Error(), reasonRefused},
		"roots":                 {shown, Client(Fingerprint{}, pool(shown)), "", ""},
		"unknown authority":     {shown, Client(Fingerprint{}, pool(other)), reasonUnknown, reasonRefused},
		"the system's roots":    {shown, Client(Fingerprint{}, nil), reasonUnknown, reasonRefused},
		"another host name":     {elsewhere, Client(Fingerprint{}, pool(elsewhere)), reasonName, reasonRefused},
		"expired":               {old, Client(Fingerprint{}, pool(old)), reasonDate, reasonRefused},
		"TLS 1.2":               {shown, older, reasonOld, reasonOld},
	} {
		t.Run(name, func(t *testing.T) {
			address, ended := serving(t, Server(c.server))
			conn, err := (&Dialer{TLS: c.client}).Dial("tcp", address)
			if got := Reason(err); got != c.here {
				t.Errorf("the client says %q for %v, want %q", got, err, c.here)
			}
			if there := <-ended; Reason(there) != c.there {
				t.Errorf("the server says %q for %v, want %q", Reason(there), there, c.there)
			}
			if (c.here == ErrPin.Error()) != errors.Is(err, ErrPin) || err != nil && strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("%v", err)
			}
			if err == nil {
				echo(t, conn)
			}
		})
	}
}

func echo(t *testing.T, conn net.Conn) {
	t.Helper()
	b := make([]byte, 4)
	if _, err := conn.Write([]byte("ping")); err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(conn, b); err != nil || string(b) != "ping" {
		t.Errorf("%q, %v", b, err)
	}
	if s := conn.(*tls.Conn).ConnectionState(); s.Version != tls.VersionTLS13 || s.DidResume {
		t.Errorf("version %x, resumed %v", s.Version, s.DidResume)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

// TestNoTickets: a second connection cannot be told from a stranger's.
func TestNoTickets(t *testing.T) {
	c := own(t, time.Now(), "127.0.0.1")
	address, ended := serving(t, Server(c))
	client := Client(Of(c), nil)
	client.ClientSessionCache = tls.NewLRUClientSessionCache(1)
	for range 2 {
		conn, err := (&Dialer{TLS: client}).Dial("tcp", address)
		if err != nil || <-ended != nil {
			t.Fatal(err)
		}
		echo(t, conn) // would take a ticket in
	}
}

// TestStrangers says what the server makes of those who do not speak TLS.
func TestStrangers(t *testing.T) {
	for name, c := range map[string]struct {
		say  string
		stay bool
		want string
	}{
		"plain NATS": {"CONNECT {\"verbose\":false}\r\n", true, reasonNotTLS},
		"silence":    {"", true, reasonTimeout},
		"a probe":    {"", false, reasonHungUp},
		"half":       {"\x16\x03\x01\x01", false, reasonHungUp},
	} {
		t.Run(name, func(t *testing.T) {
			address, ended := serving(t, Server(own(t, time.Now())))
			raw, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer raw.Close() //nolint:errcheck // a test's
			if _, err := raw.Write([]byte(c.say)); err != nil {
				t.Fatal(err)
			}
			if !c.stay {
				if err := raw.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if got := <-ended; Reason(got) != c.want {
				t.Errorf("%q for %v, want %q", Reason(got), got, c.want)
			}
		})
	}
}

// TestOtherServers dials what is no relay.
func TestOtherServers(t *testing.T) {
	for name, c := range map[string]struct {
		greet string
		want  string
	}{"plain NATS": {"INFO {}\r\n", reasonNotTLS}, "silence": {"", reasonTimeout}} {
		t.Run(name, func(t *testing.T) {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			done := make(chan struct{})
			go func() {
				defer close(done)
				raw, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.WriteString(raw, c.greet)
				_, _ = io.Copy(io.Discard, raw) // until the client goes
				_ = raw.Close()                 // nobody uses it any more
			}()
			t.Cleanup(func() { _ = l.Close(); <-done })
			d := &Dialer{Dialer: net.Dialer{Timeout: 200 * time.Millisecond}, TLS: Client(Fingerprint{1}, nil)}
			_, err = d.Dial("tcp", l.Addr().String())
			if Reason(err) != c.want || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestDialEndsWithContext(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // takes the connection and says nothing
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := (&Dialer{TLS: Client(Fingerprint{1}, nil)}).DialContext(ctx, "tcp", l.Addr().String()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want that ctx ended", err)
	}
}

func TestDialPlain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's
	conn, err := new(Dialer).Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := conn.(*net.TCPConn); !ok {
		t.Errorf("%T, want plain TCP", conn)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

func TestReason(t *testing.T) {
	for want, err := range map[string]error{
		"":              nil,
		reasonOtherwise: errors.New("10.1.2.3 said something"),
		reasonRefused:   &net.OpError{Op: "remote error", Err: tls.AlertError(48)},
		reasonOld:       &net.OpError{Op: "remote error", Err: tls.AlertError(70)},
	} {
		if got := Reason(err); got != want {
			t.Errorf("%v: %q, want %q", err, got, want)
		}
	}
	if got := Reason(&net.OpError{Op: "remote error", Err: tls.AlertError(40)}); got != reasonOtherwise {
		t.Errorf("another alert: %q", got)
	}
}
