package attack

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// siteName is what the site's door is called.
const siteName = "the site's relay"

// field is Tacit as in the field, with everybody's address known, and what is
// collected of it.
type field struct {
	*rig.Split
	whole      testing.TB // the test, not one step of it
	seen       evidence
	site, edge *doorway
	forStores  string // the credential of stores at the edge
	admin      *rig.Admin
	agents     []*endpoint
	daemons    map[string]*rig.Daemon // edge, site and store
	mute       *mute                  // who does not read
}

// endpoint is an agent of the product.
type endpoint struct {
	*rig.Process
	caller
	dir        string
	wire       *rig.Proxy // to the site's relay
	id, spoken string
	ledger     rig.Ledger
}

// newField starts the parts, each with debug logging, so that the others see
// each of them come from an address of its own.
func newField(t *testing.T) *field {
	t.Helper()
	edge := testhost.FreeAddress(t)
	uplink, feed := rig.NewProxy(t, edge, siteRelay.at), rig.NewProxy(t, edge, storeProcess.at)
	shown := rig.Dir(t) // of the agent on the site's appliance, which the console shows
	f := &field{whole: t}
	f.Split = rig.StartSplit(t, rig.Plan{
		Verbose: true,
		Edge:    rig.Edits{"listen": edge, "addresses": []string{edge}},
		Store:   rig.Edits{"relays": []string{"tls://" + feed.Address()}},
		Site:    rig.Edits{"next.relays": []string{"tls://" + uplink.Address()}, "console_agent": shown},
	})
	f.daemons = map[string]*rig.Daemon{"the edge": f.Edge, "the site": f.Site, "the store": f.Store}
	f.forStores = secretIn(t, f.Edge, "credential for stores in")
	f.edge = &doorway{name: "the edge", address: edge, fingerprint: f.Edge.Told(t, "certificate"), credential: secretIn(t, f.Edge, "credential in"),
		metrics: metricsOf(t, f.Edge), called: map[string]bool{}}
	f.site = &doorway{name: siteName, address: f.Relay, fingerprint: f.Fingerprint, credential: f.Credential, metrics: metricsOf(t, f.Site), called: map[string]bool{}}
	f.edge.isCalledFrom(t, siteRelay)
	f.edge.isCalledFrom(t, storeProcess)
	for i, c := range []caller{firstAgent, secondAgent} {
		dir := shown
		if i > 0 {
			dir = rig.Dir(t)
		}
		a := f.start(t, c, dir, nil)
		f.site.isCalledFrom(t, c)
		a.id, a.spoken = a.ask(t, "id"), a.ask(t, "id", "--spoken")
		rig.Eventually(t, c.who+" has heard the site's decision", func() bool { return why(t, a).State == "on" })
		f.agents = append(f.agents, a)
	}
	return f
}

// start starts an agent from the shipped example file.
func (f *field) start(t *testing.T, c caller, dir string, wrong rig.Edits) *endpoint {
	t.Helper()
	wire := rig.NewProxy(t, f.Relay, c.at)
	edits := rig.Edits{
		"data": dir, "relays": []string{"tls://" + wire.Address()}, "fingerprint": f.Fingerprint, "credential": f.Credential,
		"vendor_key": f.VendorKey, "grace": "0s", "interval": "500ms", "window": "100ms",
	}
	for key, value := range wrong {
		edits[key] = value
	}
	config := rig.Example(t, "tacit-agent/agent.yaml", edits)
	command := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: []string{"--config", config, "--verbose"}}
	a := &endpoint{Process: command.Start(t, dir), caller: c, dir: dir, wire: wire}
	a.WaitFor(t, "runs")
	return a
}

// ask asks the agent with a user's command.
func (a *endpoint) ask(t testing.TB, args ...string) string {
	t.Helper()
	r := rig.Command{Path: rig.Binary(t, "tacit-agent"), Args: append(args, "--data", a.dir)}.Run(t)
	if r.Code != 0 {
		t.Fatalf("tacit-agent %s: exit %d: %s", args[0], r.Code, r.Stderr)
	}
	return strings.TrimSpace(r.Stdout)
}

// arrives offers records at every agent and waits until the store has them.
func (f *field) arrives(t testing.TB) {
	t.Helper()
	f.offer(t)
	for _, a := range f.agents {
		// A relay whose next hop went away asks to come half a minute later.
		rig.Within(t, 4*rig.Patience, "what "+a.who+" accepted is stored", func() bool { return len(f.missing(t, a)) == 0 })
	}
}

func (f *field) offer(t testing.TB) {
	t.Helper()
	for _, a := range f.agents {
		a.ledger.MustOffer(t, a.dir, 3)
	}
}

// missing returns what the store lacks of what an agent accepted.
func (f *field) missing(t testing.TB, a *endpoint) []int64 {
	t.Helper()
	tl, _ := rig.Found(t, f.Store.Data, a.id)
	return rig.Missing(tl, a.ledger.Accepted())
}

// secretIn reads a secret where a daemon says that it lies.
func secretIn(t testing.TB, d *rig.Daemon, words string) string {
	t.Helper()
	b, err := os.ReadFile(d.Told(t, words))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(b))
}

// keysOf returns the directory of a store's keys.
func keysOf(t testing.TB, d *rig.Daemon) string {
	t.Helper()
	b, err := os.ReadFile(d.Config)
	m := regexp.MustCompile(`(?m)^keys: (.+)$`).FindSubmatch(b)
	if err != nil || m == nil {
		t.Fatalf("no keys in the store's configuration: %v", err)
	}
	return string(m[1])
}

func metricsOf(t testing.TB, d *rig.Daemon) string {
	t.Helper()
	return strings.TrimSuffix(d.Told(t, "health"), "/readyz")
}

// keepAll adds all that lies on disk and all that was printed.
func (f *field) keepAll(t testing.TB) {
	t.Helper()
	for name, d := range f.daemons {
		f.seen.add("the log of "+name, []byte(d.Text()))
		f.seen.files(t, "of "+name, d.Data)
		f.beside(t, d.Data)
	}
	f.seen.files(t, "of the store's keys", keysOf(t, f.Store))
	for _, a := range f.agents {
		f.seen.add("the log of "+a.who, []byte(a.Text()))
		f.seen.files(t, "of "+a.who, a.dir)
		f.beside(t, a.dir)
	}
}

// beside searches what a part keeps beside its data directory.
func (f *field) beside(t testing.TB, data string) {
	t.Helper()
	if dir := data + ".witness"; exists(dir) {
		f.seen.files(t, "beside the data directories", dir)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
