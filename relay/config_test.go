package relay

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestBadConfig(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close() //nolint:errcheck // a test's
	for name, c := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"plain beyond loopback": {func(c *Config) { c.Listen = "0.0.0.0:0" }, "without TLS only loopback"},
		"no port":               {func(c *Config) { c.Listen = "localhost" }, "not host:port"},
		"no host":               {func(c *Config) { c.Listen = ":8472" }, "not host:port"},
		"port that is a word":   {func(c *Config) { c.Listen = "127.0.0.1:nats" }, "set a number up to 65535"},
		"no credential":         {func(c *Config) { c.Credential = "" }, "no credential"},
		"no directory":          {func(c *Config) { c.Dir = "" }, "no directory"},
		"too many groups":       {func(c *Config) { c.Groups = 65 }, "set 1 to 64"},
		"tiny stream":           {func(c *Config) { c.MaxStore = 1 }, "set at least"},
		"bad key list":          {func(c *Config) { c.KeyList = []byte{1} }, "key list"},
		"port in use":           {func(c *Config) { c.Listen = taken.Addr().String() }, "the port is in use: stop the process"},
		"stream is a file": {func(c *Config) {
			if err := os.MkdirAll(c.Dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(c.Dir, "stream"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "stream's directory"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			c.change(&cfg)
			r, err := New(t.Context(), cfg)
			if err == nil {
				err = r.Start(t.Context())
				defer stop(t, r)
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one that says %q", err, c.want)
			}
		})
	}
}
