package relay

import (
	"bytes"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// TestBlind sends and errs with debug logging on, and searches everything that
// the relay wrote for the agent's address and throw-away name.
func TestBlind(t *testing.T) {
	const address = "127.0.7.9"
	var log testhost.Log
	cfg := siteConfig(t)
	cfg.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg.Quota.Envelopes = 2
	r := start(t, cfg)
	from := func(o *nats.Options) error {
		o.CustomDialer = &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}}
		return nil
	}
	if c, err := net.Dial("tcp", r.Addr().String()); err == nil {
		_ = c.Close() // hangs up without a word
	}
	name := rand.Text()
	if _, err := dial(r, name, "wrong", from); err == nil {
		t.Error("a wrong credential was let in")
	}
	a, err := dial(r, name, credential, from)
	if err != nil {
		t.Skip("this system has no " + address)
	}
	defer a.Close()
	for range 3 {
		e := envelope(0, wire.ClassNormal)
		put(t, a, e.Marshal())
	}
	_ = a.Publish("$SYS.REQ.SERVER.PING", nil) // a violation, which the server reports
	_, _ = a.SubscribeSync(">")
	_ = a.Flush()
	eventually(t, "two envelopes in the stream", func() bool { return r.Stats().Forward.Envelopes == 2 })
	a.Close()
	stop(t, r)
	needles := []string{address, name, "\x7f\x00\x07\x09"}
	for _, n := range needles {
		if strings.Contains(log.String(), n) {
			t.Errorf("the log has %q:\n%s", n, log.String())
		}
	}
	if files := searchFiles(t, cfg.Dir, needles); files == 0 {
		t.Error("no file was searched")
	}
}

func searchFiles(t *testing.T, dir string, needles []string) (files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		for _, n := range needles {
			if bytes.Contains(b, []byte(n)) {
				t.Errorf("%s has %q", filepath.Base(path), n)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
