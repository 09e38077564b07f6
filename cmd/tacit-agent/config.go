package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// config is the agent's configuration file: the same for every host of a site.
// Nothing in it is per host.
type config struct {
	Data       string        `yaml:"data"`       // data directory; "": the system's
	Relay      string        `yaml:"relay"`      // URL of the site's relay; required
	Credential string        `yaml:"credential"` // the channel's, shared by all agents; required
	VendorKey  string        `yaml:"vendor_key"` // 64 hex digits; required
	Grace      time.Duration `yaml:"grace"`      // from the first start to the first sending; default 24h
	Interval   time.Duration `yaml:"interval"`   // between gatherings; default 1h
	Window     time.Duration `yaml:"window"`     // each envelope waits a random part of it; default 1h

	vendor ed25519.PublicKey
}

const defaultGrace = 24 * time.Hour

// readConfig reads the file strictly.
func readConfig(path string) (*config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c := &config{Grace: defaultGrace}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(c); err != nil && !errors.Is(err, io.EOF) {
		return nil, cli.WithHint(fmt.Errorf("read configuration %s: %w", path, err), "the keys are data, relay, credential, vendor_key, grace, interval, window")
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	return c, nil
}

func (c *config) validate() error {
	u, err := url.Parse(c.Relay)
	if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
		return cli.WithHint(errors.New("relay is not the URL of a relay"), "write it as nats://127.0.0.1:8472 or tls://relay.example.com:8472")
	}
	if c.Credential == "" {
		return cli.WithHint(errors.New("credential is missing"), "take it from the site's relay; it is the same for all hosts")
	}
	key, err := hex.DecodeString(c.VendorKey)
	if err != nil || len(key) != ed25519.PublicKeySize {
		return cli.WithHint(errors.New("vendor_key is not a key"), "it has 64 hex digits; take it from the product's documentation")
	}
	c.vendor = key
	if c.Grace < 0 || c.Interval < 0 || c.Window < 0 {
		return cli.WithHint(errors.New("grace, interval or window is negative"), "write it as 24h or 30m; 0s is none")
	}
	return nil
}

// dir returns the data directory: the command line wins over the file.
func (c *config) dir(env *cli.Env) datadir.Dir {
	if c.Data == "" || env.Flag() != "" {
		return env.Data()
	}
	return datadir.Dir(c.Data)
}
