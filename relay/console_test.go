package relay

import (
	"crypto/ed25519"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/relay/console"
)

// TestConsoleIsServed asks the console as a browser would, before there is an
// account.
func TestConsoleIsServed(t *testing.T) {
	cfg := siteConfig(t)
	cfg.Console = &Console{Listen: testhost.FreeAddress(t)}
	r := start(t, cfg)
	code, err := r.SetupCode()
	if err != nil || code == "" {
		t.Errorf("setup code %q: %v", code, err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	answer, err := client.Get("http://" + r.ConsoleAddr().String() + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close() //nolint:errcheck // a test's
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/setup" || !strings.Contains(string(body), "<form") {
		t.Errorf("%s at %s: %v", answer.Status, answer.Request.URL.Path, err)
	}
	stop(t, r)
	if c, err := net.Dial("tcp", r.ConsoleAddr().String()); err == nil {
		_ = c.Close()
		t.Error("the console is there after the relay has stopped")
	}
}

func TestConsoleRefuses(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // a test's
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no policy here":        {func(c *Config) { c.Site = false }, "no policy of the site"},
		"plain beyond loopback": {func(c *Config) { c.Console.Listen = "0.0.0.0:0" }, "without TLS only loopback"},
		"port in use":           {func(c *Config) { c.Console.Listen = taken.Addr().String() }, "the console's port is in use"},
		"no port":               {func(c *Config) { c.Console.Listen = "localhost" }, "not host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := siteConfig(t)
			cfg.Console = &Console{Listen: "127.0.0.1:0"}
			c.change(&cfg)
			r, err := New(t.Context(), cfg)
			if err == nil {
				err = r.Start(t.Context())
				stop(t, r)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want one that says %q", err, c.want)
			}
			if name == "port in use" && (!errors.Is(err, ErrConsolePort) || errors.Is(err, ErrPortInUse)) {
				t.Errorf("%v cannot be told from the other port's error", err)
			}
		})
	}
}

func TestAgentFile(t *testing.T) {
	right, _ := vendors(t)
	cfg := siteConfig(t)
	cfg.VendorKey, cfg.KeyList = right.Public().(ed25519.PublicKey), nil
	cfg.Console = &Console{Listen: "127.0.0.1:0"}
	r := start(t, cfg)
	f := r.agentFile()
	if len(f.Relays) != 1 || f.Relays[0] != "nats://"+r.Addr().String() || f.Credential != credential || len(f.VendorKey) != 64 {
		t.Errorf("%+v, want this relay's own", f)
	}
	r.cfg.TLS = &tls.Config{}
	if f := r.agentFile(); !strings.HasPrefix(f.Relays[0], "tls://") {
		t.Errorf("%q of a relay with TLS", f.Relays)
	}
	r.cfg.Console.AgentFile = console.AgentFile{Relays: []string{"tls://a:1", "tls://b:1"}, VendorKey: "v", Credential: "c"}
	if f := r.agentFile(); len(f.Relays) != 2 || f.VendorKey != "v" || f.Credential != "c" {
		t.Errorf("%+v, want what the configuration says", f)
	}
}

func TestConsoleStats(t *testing.T) {
	r := start(t, siteConfig(t))
	a := agent(t, r)
	put(t, a, []byte("no envelope"))
	s := r.consoleStats()
	if s.Agents != 1 || s.Refused != 1 || s.RefusedBy["form"] != 1 || len(s.RefusedBy) != 1 || s.Upstream != console.UpstreamStream {
		t.Errorf("%+v, want one agent, one refused for its form, and a stream", s)
	}
}
