package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// config is the agent's configuration file: the same for every host of a site.
// Nothing in it is per host.
type config struct {
	Data       string        // data directory; "": the system's
	Relay      string        // URL of the site's relay; required
	Credential string        // the channel's, shared by all agents; required
	VendorKey  string        // 64 hex digits; required
	Grace      time.Duration // from the first start to the first sending; default 24h
	Interval   time.Duration // between gatherings; default 1h
	Window     time.Duration // each envelope waits a random part of it; default 1h

	vendor ed25519.PublicKey
}

const defaultGrace = 24 * time.Hour

// readConfig reads the file strictly. Its errors name the line and the key and
// never the value: it may be a secret in the wrong place.
func readConfig(path string) (*config, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read configuration: %w", err)
	}
	c := &config{Grace: defaultGrace}
	if err := c.parse(b); err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	if err := c.validate(); err != nil {
		return nil, fmt.Errorf("read configuration %s: %w", path, err)
	}
	return c, nil
}

func (c *config) parse(b []byte) error {
	var doc yaml.Node
	if err := yaml.Unmarshal(b, &doc); err != nil {
		return cli.WithHint(errors.New("it is not YAML"), "write one \"key: value\" a line, as in agent.yaml")
	}
	if len(doc.Content) == 0 {
		return nil // an empty file: validate says what is missing
	}
	root := doc.Content[0]
	if root.Kind != yaml.MappingNode {
		return cli.WithHint(fmt.Errorf("line %d: not a key and a value", root.Line), "write one \"key: value\" a line, as in agent.yaml")
	}
	fields := map[string]any{
		"data": &c.Data, "relay": &c.Relay, "credential": &c.Credential, "vendor_key": &c.VendorKey,
		"grace": &c.Grace, "interval": &c.Interval, "window": &c.Window,
	}
	for i := 0; i < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		field, ok := fields[key.Value]
		if !ok {
			return cli.WithHint(fmt.Errorf("line %d, column %d: unknown key, or one that is there twice", key.Line, key.Column),
				"the keys are data, relay, credential, vendor_key, grace, interval, window, each once")
		}
		delete(fields, key.Value)
		if err := value.Decode(field); err != nil {
			return cli.WithHint(fmt.Errorf("line %d, column %d: the value of %s cannot be read", value.Line, value.Column, key.Value),
				"times are written as 24h or 30m, everything else as text")
		}
	}
	return nil
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
	if err != nil || envelope.CheckVendor(key) != nil {
		return cli.WithHint(errors.New("vendor_key is not a key"), "it has 64 hex digits and is not the example's; take it from the product's documentation")
	}
	c.vendor = key
	if c.Grace < 0 || c.Interval < 0 || c.Window < 0 {
		return cli.WithHint(errors.New("grace, interval or window is negative"), "write it as 24h or 30m")
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
