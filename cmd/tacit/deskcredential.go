package main

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// deskCredential is what an engineer looks up with over NATS: one file, for him
// alone.
type deskCredential struct {
	Relays      []config.URL            // of the edge
	Fingerprint certificate.Fingerprint // of the edge's certificate; zero: the system's roots and the host name
	Credential  config.Secret           // the edge's word for engineers
	Vendor      string                  // public half of the vendor's key, in hex
	Groups      int                     // of stores
	Engineer    string                  // name
	Key         config.Secret           // seed of the key that his questions are signed with, in hex

	vendor config.VendorKey
}

func (c *deskCredential) keys() []config.Key {
	return []config.Key{
		{Name: "relays", Into: &c.Relays, Need: true},
		{Name: "fingerprint", Into: &c.Fingerprint},
		{Name: "credential", Into: &c.Credential, Need: true},
		{Name: "vendor_key", Into: &c.vendor, Need: true},
		{Name: "groups", Into: &c.Groups, Need: true},
		{Name: "engineer", Into: &c.Engineer, Need: true},
		{Name: "key", Into: &c.Key, Need: true},
	}
}

// write writes the file, for its owner only.
func (c *deskCredential) write(path string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Credential of %s: tacit lookup ID --credential FILE --ticket T --reason R\n", c.Engineer)
	fmt.Fprintf(&b, "# Whoever has this file asks in that name. tacit store engineer remove %s ends it.\n", c.Engineer)
	fmt.Fprintf(&b, "relays: [%s]\n", strings.Join(config.Strings(c.Relays), ", "))
	if !c.Fingerprint.IsZero() {
		fmt.Fprintf(&b, "fingerprint: %q\n", c.Fingerprint)
	}
	fmt.Fprintf(&b, "credential: %q\nvendor_key: %q\ngroups: %d\nengineer: %q\nkey: %q\n", string(c.Credential), c.Vendor, c.Groups, c.Engineer, string(c.Key))
	return durable.WriteFile(path, []byte(b.String()), durable.OwnerFile)
}

// readDeskCredential reads such a file. Its errors repeat no value.
func readDeskCredential(path string) (*deskCredential, error) {
	c := &deskCredential{}
	if err := config.Read(path, c.keys()); err != nil {
		return nil, err
	}
	if _, err := c.key(); err != nil || c.Groups < 1 || c.Groups > wire.Partitions {
		return nil, cli.WithHint(fmt.Errorf("%s is not a credential as it was written", cli.Shown(path)), "ask for a new one: tacit store engineer add NAME")
	}
	return c, nil
}

// key returns the key that questions are signed with.
func (c *deskCredential) key() (ed25519.PrivateKey, error) {
	seed, err := hex.DecodeString(string(c.Key))
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errors.New("it is no key")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func seedOf(key ed25519.PrivateKey) config.Secret {
	return config.Secret(hex.EncodeToString(key.Seed()))
}
