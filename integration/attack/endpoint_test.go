package attack

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// endpoint runs tacit-agent beside the running `up`, as an endpoint of a site
// does, with secrets in its configuration, and returns its installation ID.
func (s *story) endpoint() []identifier {
	dir := s.dir + "-2"
	config := filepath.Join(filepath.Dir(s.dir), "agent.yaml")
	s.misconfigured(config)
	s.write(config, s.agentYAML(dir))

	agent := s.agent("--config", config, "--verbose").Start(s.t, dir)
	agent.WaitFor(s.t, "runs")
	ask := func(args ...string) string {
		r := s.agent(append(args, "--data", dir)...).Run(s.t)
		if r.Code != 0 {
			s.t.Fatalf("tacit-agent %s: exit %d: %s", args[0], r.Code, r.Stderr)
		}
		s.seen.printed("stderr of tacit-agent "+args[0], r.Stderr, dir)
		if args[0] != "id" {
			s.seen.printed("stdout of tacit-agent "+args[0], r.Stdout, dir)
		}
		return strings.TrimSpace(r.Stdout)
	}
	installation := installationID(s.t, ask("id"), ask("id", "--spoken"))
	rig.Eventually(s.t, "the endpoint's page and fragment are stored", func() bool {
		return strings.Count(ask("outbox", "list", "--json"), `"outcome": "stored"`) >= 2
	})
	for _, args := range [][]string{{"why"}, {"preview"}, {"send"}, {"outbox", "verify"}, {"off"}, {"on"}} {
		ask(args...)
	}
	agent.Interrupt(s.t)
	s.seen.printed("what tacit-agent prints", agent.Text(), dir)
	s.seen.files(s.t, "of the endpoint", dir)
	return installation
}

func (s *story) agent(args ...string) rig.Command {
	return rig.Command{Path: rig.Binary(s.t, "tacit-agent"), Args: args, Env: s.environment()}
}

// agentYAML is the configuration of an agent of this site.
func (s *story) agentYAML(dir string) string {
	var at struct {
		Relay string `json:"relay"`
	}
	s.readJSON(filepath.Join(s.dir, "run", "endpoints.json"), &at)
	var channel struct {
		Seed       string `json:"vendor_seed"`
		Credential string `json:"credential"`
	}
	s.readJSON(filepath.Join(s.dir, "keys", "up.json"), &channel)
	seed, err := hex.DecodeString(channel.Seed)
	if err != nil || len(seed) != ed25519.SeedSize {
		s.t.Fatalf("the vendor's seed has %d bytes, %v", len(seed), err)
	}
	key := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	return fmt.Sprintf("# %s\ndata: %s\nrelays: [%s]\ncredential: %s\nvendor_key: %x\ngrace: 0s\ninterval: 200ms\nwindow: 10ms\n",
		secretsIn(inConfiguration).sentence(), dir, at.Relay, channel.Credential, key)
}

// misconfigured gives the agent a configuration with secrets under keys that it
// does not know. It says where, and not what stood there.
func (s *story) misconfigured(path string) {
	in := secretsIn(inConfiguration)
	s.write(path, fmt.Sprintf("relays: [nats://127.0.0.1:1]\nlicence: %s\ncustomer: %s\nentitlement: %s\n", in.licence, in.customer, in.entitlement))
	r := s.agent("--config", path).Run(s.t)
	if r.Code == 0 || !strings.Contains(r.Stderr, "line 2, column 1: unknown key") {
		s.t.Errorf("tacit-agent takes an unknown key: exit %d: %s", r.Code, r.Stderr)
	}
	s.seen.printed("stderr of tacit-agent, misconfigured", r.Stderr, s.dir)
}

func (s *story) write(path, text string) {
	s.t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *story) readJSON(path string, into any) {
	s.t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(b, into)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}
