package rig

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// Plan says how the parts of a split run, besides what StartSplit does anyway.
type Plan struct {
	Agents  int  // how many agents
	Verbose bool // debug logging everywhere
	// Plain has the site's relay speak without TLS, so that the proxies count
	// envelopes. The site's connection to the edge keeps its TLS.
	Plain bool
	// PlainEdge has the edge speak without TLS, so that what it sees of whoever
	// connects can be recorded.
	PlainEdge bool

	Edge, Store, Site, Agent Edits // of the example files

	Env []string // added to the environment of all
}

// Split is Tacit as in the field, on one machine: the vendor's edge and store,
// a site's relay, and agents, each in a process of its own, from the shipped
// example files. Only addresses, directories and secrets are replaced in them,
// and the times that a test cannot wait for.
type Split struct {
	Edge, Store, Site *Daemon
	Agents            []*Daemon
	Wires             []*Proxy // between each agent and the site's relay, which sees 127.0.100.1, 127.0.100.2, …
	Uplink            *Proxy   // between the site's relay and the edge

	// What every agent of the site has in its file.
	Relay, Fingerprint, Credential, VendorKey string

	plan Plan
}

// Edits for times that a test cannot wait for.
var (
	quickPool  = Edits{"pool.min_peers": 1, "pool.max_wait": "200ms", "pool.flush_every": "50ms"}
	quickAgent = Edits{"grace": "0s", "interval": "1s", "window": "100ms"}
)

// StartSplit starts the parts one after the other, as their administrators
// would, who copy what one prints into the file of the next.
func StartSplit(t testing.TB, plan Plan) *Split {
	t.Helper()
	s := &Split{plan: plan}
	edge := testhost.FreeAddress(t)
	edits := quickPool.with(Edits{"listen": edge, "addresses": []string{edge}, "metrics": testhost.FreeAddress(t)})
	if plan.PlainEdge {
		edits["tls"] = "off"
	}
	s.Edge = s.start(t, "tacit/edge.yaml", edits.with(plan.Edge), "relay")
	s.startStore(t, edge)
	s.startSite(t, edge)
	for range plan.Agents {
		s.StartAgent(t)
	}
	return s
}

// start starts a daemon from its example file.
func (s *Split) start(t testing.TB, example string, edits Edits, command ...string) *Daemon {
	t.Helper()
	dir := Dir(t)
	if s.plan.Verbose {
		command = append(command, "--verbose")
	}
	c := Command{Path: Binary(t, filepath.Dir(example)), Args: command, Env: s.plan.Env}
	return startDaemon(t, c, dir, Example(t, example, Edits{"data": dir}.with(edits)))
}

func (s *Split) startStore(t testing.TB, edge string) {
	t.Helper()
	s.Store = s.start(t, "tacit/store.yaml", Edits{
		"keys": filepath.Join(Dir(t), "keys"), "relays": []string{s.edgeURL(edge)}, "metrics": testhost.FreeAddress(t),
		"fingerprint": s.edgePin(t), "credential": readSecret(t, s.Edge.Told(t, "credential for stores in")),
		"desk_credential": readSecret(t, s.Edge.Told(t, "credential for engineers in")),
	}.with(s.plan.Store), "store")
	s.VendorKey = s.Store.Told(t, "vendor_key")
	s.Store.WaitReady(t)
	// A site asks for it when it connects, and again much later.
	Eventually(t, "the edge has the store's key list", func() bool { return s.Edge.Metric(t, "tacit_relay_key_list_version") > 0 })
}

func (s *Split) startSite(t testing.TB, edge string) {
	t.Helper()
	s.Uplink = NewProxy(t, edge, "")
	s.Relay = testhost.FreeAddress(t)
	edits := Edits{
		"listen": s.Relay, "addresses": []string{s.Relay}, "console": testhost.FreeAddress(t), "metrics": testhost.FreeAddress(t), "vendor_key": s.VendorKey,
		"console_agent": filepath.Join(Dir(t), "none"), "next.relays": []string{s.edgeURL(s.Uplink.Address())},
		"next.fingerprint": s.edgePin(t), "next.credential": readSecret(t, s.Edge.Told(t, "credential in")),
	}
	if s.plan.Plain {
		edits["tls"] = "off"
	}
	s.Site = s.start(t, "tacit/site.yaml", quickPool.with(edits).with(s.plan.Site), "relay")
	s.Site.WaitReady(t)
	s.Credential = readSecret(t, s.Site.Told(t, "credential in"))
	if !s.plan.Plain {
		s.Fingerprint = s.Site.Told(t, "certificate")
	}
}

// edgeURL is how others reach the edge at an address.
func (s *Split) edgeURL(address string) string {
	if s.plan.PlainEdge {
		return "nats://" + address
	}
	return "tls://" + address
}

// edgePin is the fingerprint of the edge's certificate, "" without TLS.
func (s *Split) edgePin(t testing.TB) string {
	t.Helper()
	if s.plan.PlainEdge {
		return ""
	}
	return s.Edge.Told(t, "certificate")
}

// AddEngineer lets an engineer look up over NATS and returns his credential's
// file. It names the edge by an address, such as a [Recorder]'s.
func (s *Split) AddEngineer(t testing.TB, name, edge string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), name)
	r := Tacit(t, "store", "engineer", "add", name, "--config", s.Store.Config, "--out", file).Run(t)
	if r.Code != 0 {
		t.Fatalf("store engineer add: exit %d: %s", r.Code, r.Stderr)
	}
	EditFile(t, file, Edits{"relays": []string{s.edgeURL(edge)}})
	return file
}

// StartAgent starts one more agent.
func (s *Split) StartAgent(t testing.TB) *Daemon {
	t.Helper()
	wire := NewProxy(t, s.Relay, fmt.Sprintf("127.0.100.%d", len(s.Wires)+1))
	edits := Edits{
		"relays": []string{"tls://" + wire.Address()}, "fingerprint": s.Fingerprint, "credential": s.Credential, "vendor_key": s.VendorKey,
	}
	if s.plan.Plain {
		edits["relays"] = []string{"nats://" + wire.Address()}
	}
	a := s.start(t, "tacit-agent/agent.yaml", quickAgent.with(edits).with(s.plan.Agent))
	s.Wires, s.Agents = append(s.Wires, wire), append(s.Agents, a)
	return a
}

// Console returns the URL of the site's console.
func (s *Split) Console(t testing.TB) string {
	t.Helper()
	return strings.TrimSuffix(s.Site.Told(t, "console"), "/")
}

// setupCode is how the site's relay prints the code for the first
// administrator.
var setupCode = regexp.MustCompile(`(?m)^setup code (\S+): `)

// SetupCode returns the one-time code that the site's relay printed when it
// started.
func (s *Split) SetupCode(t testing.TB) string {
	t.Helper()
	var code []string
	Eventually(t, "the site's relay prints a setup code", func() bool {
		code = setupCode.FindStringSubmatch(s.Site.Text())
		return code != nil
	})
	return code[1]
}

// Lookup opens the timeline of an agent in the store, which is empty while
// nothing of the agent has arrived.
func (s *Split) Lookup(t testing.TB, agent *Daemon) (tl Timeline) {
	t.Helper()
	r := Tacit(t, "lookup", ID(t, agent.Data), "--data", s.Store.Data, "--json").Run(t)
	if r.Code == 1 && strings.Contains(r.Stderr, "no pages for this ID") {
		return tl
	}
	if err := json.Unmarshal([]byte(r.Stdout), &tl); err != nil || r.Code != 0 {
		t.Fatalf("lookup: exit %d, %v: %s%s", r.Code, err, r.Stdout, r.Stderr)
	}
	return tl
}

// readSecret reads a secret that a daemon keeps in a file.
func readSecret(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}
