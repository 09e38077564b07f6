package rig

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Site is what an agent has to know of the `tacit up` that runs on a data
// directory.
type Site struct {
	Relay      string // host and port
	Credential string
	VendorKey  string // hex
}

// ReadSite reads it where its administrator would.
func ReadSite(t testing.TB, dir string) Site {
	t.Helper()
	var (
		where   struct{ Relay string }
		secrets struct {
			Vendor     string `json:"vendor_seed"`
			Credential string `json:"credential"`
		}
	)
	readJSON(t, filepath.Join(dir, "run", "endpoints.json"), &where)
	readJSON(t, filepath.Join(dir, "keys", "up.json"), &secrets)
	seed, err := hex.DecodeString(secrets.Vendor)
	if err != nil {
		t.Fatal(err)
	}
	public := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return Site{
		Relay: strings.TrimPrefix(where.Relay, "nats://"), Credential: secrets.Credential, VendorKey: hex.EncodeToString(public),
	}
}

// AgentConfig writes the configuration file of a tacit-agent with its own data
// directory, for the site that runs on another, without grace. Further lines
// are added as they are.
func AgentConfig(t testing.TB, site, dir string, lines ...string) string {
	t.Helper()
	return ReadSite(t, site).AgentConfig(t, dir, lines...)
}

// AgentConfig writes the configuration file of an agent of the site.
func (s Site) AgentConfig(t testing.TB, dir string, lines ...string) string {
	t.Helper()
	text := fmt.Sprintf("data: %s\nrelays: [nats://%s]\ncredential: %s\nvendor_key: %q\ngrace: 0s\n%s\n",
		dir, s.Relay, s.Credential, s.VendorKey, strings.Join(lines, "\n"))
	path := filepath.Join(t.TempDir(), "agent.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func readJSON(t testing.TB, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}
