package upload_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/internal/certificate"
)

// doorkeeper lets in who shows the channel's credential.
type doorkeeper struct{}

func (doorkeeper) Check(c server.ClientAuthentication) bool {
	return c.GetOpts().Password == credential
}

func guarded(o *server.Options) { o.CustomClientAuthentication = doorkeeper{} }

// secured puts TLS with an own certificate before a server, as a relay's door
// does, and returns where to and the certificate's fingerprint.
func secured(t *testing.T, l *liar) func(*upload.Config) {
	t.Helper()
	own, err := certificate.Own(filepath.Join(t.TempDir(), "own"), []string{"relay"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	door, err := tls.Listen("tcp", "127.0.0.1:0", certificate.Server(own))
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			outside, err := door.Accept()
			if err != nil {
				return
			}
			running.Go(func() { join(outside, l.server.Addr().String()) })
		}
	})
	t.Cleanup(func() {
		_ = door.Close()
		running.Wait()
	})
	return func(c *upload.Config) {
		c.Relays, c.Fingerprint = []string{"tls://" + door.Addr().String()}, certificate.Of(own)
	}
}

// join copies both ways until either side ends.
func join(outside net.Conn, to string) {
	inside, err := net.Dial("tcp", to)
	if err != nil {
		_ = outside.Close()
		return
	}
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(outside, inside) // the end of either is the end of both
		_ = outside.Close()
	})
	_, _ = io.Copy(inside, outside)
	_ = inside.Close()
	back.Wait()
}

func TestTLS(t *testing.T) {
	l := newLiar(t, guarded)
	h := newHost(t, "", secured(t, l))
	h.page()
	h.fragment()
	h.flush(nil)
	h.pending(0)
	h.up.Hangup()
	eventually(t, "the connection ends", l.connected(0))
}

// logged is a log that the test reads.
type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.b.String(), s)
}

// TestTrouble: what is wrong is said in a sentence that names no address, once
// in the log, and not sent around.
func TestTrouble(t *testing.T) {
	open, guard := newLiar(t), newLiar(t, guarded)
	overTLS := secured(t, guard)
	_, stranger := vendorPair()
	unsigned := newLiar(t)
	unsigned.serve(unsigned.keys.list(t, stranger, 9, today))
	silent := newLiar(t)
	silent.tell([]byte("no policy"))
	for name, c := range map[string]struct {
		change func(*upload.Config)
		want   string
	}{
		"wrong certificate": {func(c *upload.Config) { overTLS(c); c.Fingerprint[0] ^= 1 }, "another certificate"},
		"no fingerprint":    {func(c *upload.Config) { overTLS(c); c.Fingerprint = certificate.Fingerprint{} }, "put the relay's fingerprint"},
		"wrong credential": {func(c *upload.Config) {
			c.Relays, c.Credential = []string{guard.server.ClientURL()}, "another channel's"
		}, "credential"},
		"wrong credential over TLS": {func(c *upload.Config) {
			overTLS(c)
			c.Credential = "another channel's"
		}, "credential"},
		"wrong vendor key": {func(c *upload.Config) { c.Relays = []string{unsigned.server.ClientURL()} }, "vendor key"},
		"nobody there":     {func(c *upload.Config) { c.Relays = []string{"nats://" + unused(t)} }, "Nothing takes a connection"},
		"a web server": {func(c *upload.Config) {
			c.Relays = []string{"nats://" + stranded(t, "HTTP/1.1 400 Bad Request\r\n\r\n")}
		}, "is no relay"},
		"hangs up":     {func(c *upload.Config) { c.Relays = []string{"nats://" + stranded(t, "")} }, "is no relay"},
		"TLS to plain": {func(c *upload.Config) { c.Relays = []string{"tls://" + open.server.Addr().String()} }, "does not speak TLS"},
		"no such name": {func(c *upload.Config) { c.Relays = []string{"nats://relay.invalid:8472"} }, "name of the relay"},
		"bad policy":   {func(c *upload.Config) { c.Relays = []string{silent.server.ClientURL()} }, "cannot read"},
		"one of them tells": {func(c *upload.Config) {
			overTLS(c)
			c.Relays, c.Fingerprint = append(c.Relays, "tls://"+unused(t)), certificate.Fingerprint{1}
		}, "another certificate"},
	} {
		t.Run(name, func(t *testing.T) {
			var log logged
			h := newHost(t, "", c.change, func(c *upload.Config) {
				c.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			})
			h.fragment()
			for range 2 {
				if _, err := h.up.Flush(t.Context(), true); err == nil {
					t.Error("it was sent")
				}
			}
			h.pending(1)
			got := h.up.Trouble()
			if !strings.Contains(got, c.want) {
				t.Errorf("trouble %q, want one about %q", got, c.want)
			}
			if n := log.count("level=WARN"); n != 1 || log.count(got) != 1 {
				t.Errorf("logged %d times: %s", n, log.b.String())
			}
			if strings.Contains(got, "127.0.0.1") || log.count("127.0.0.1") > 0 || log.count("invalid") > 0 {
				t.Errorf("it names an address: %q, %s", got, log.b.String())
			}
		})
	}
	for _, l := range []*liar{open, guard, unsigned, silent} {
		if n := len(l.seen()); n != 0 {
			t.Errorf("%d envelopes were sent", n)
		}
	}
}

// unused returns an address where nobody listens.
func unused(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test's
	return l.Addr().String()
}

// stranded returns the address of something that says this and hangs up.
func stranded(t *testing.T, says string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Write([]byte(says)) // the other side may be gone
			_ = conn.Close()
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		running.Wait()
	})
	return l.Addr().String()
}

// TestBadRelays names the place in the list and not the address.
func TestBadRelays(t *testing.T) {
	for _, bad := range []string{"", "relay.example.com:8472", "http://relay.example.com:8472", "tls://relay.example.com", "nats://:8472", "tls://%zz:1"} {
		_, err := upload.New(upload.Config{Dir: t.TempDir(), Relays: []string{"tls://127.0.0.1:8472", bad}})
		if err == nil || !strings.Contains(err.Error(), "relay 2 of 2") || strings.Contains(err.Error(), "example.com") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
