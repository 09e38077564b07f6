package split

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// Secrets that nobody here has.
var (
	otherPin    = strings.Repeat("AB:", 31) + "AB"
	otherVendor = strings.Repeat("3b6a27bcceb6a42d", 4)
)

// turned is the count of connections that did not come in, by why.
func turned(why string) string { return `tacit_relay_turned_away_total{reason="` + why + `"}` }

// TestWrongSecrets gives an agent what another site has. Both sides say what is
// wrong, by a fixed sentence and without an address, and nothing is lost: with
// the right file the agent sends what it kept.
func TestWrongSecrets(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1})
	s.Administrator(t)
	agent, ledger := s.Agents[0], new(rig.Ledger)
	offer(t, agent, ledger)
	arrived(t, s, agent, ledger)
	right := rig.Edits{"fingerprint": s.Fingerprint, "credential": s.Credential, "vendor_key": s.VendorKey}
	for _, c := range []struct {
		key, value  string
		agent       string // what the agent says
		relay, kind string // what the relay logs and counts; "" where it cannot see it
	}{
		{"fingerprint", otherPin, "another certificate than the one in this agent's configuration", "does not believe this certificate", "handshake"},
		{"credential", "not-the-one", "does not accept the channel credential", "wrong credential", "credential"},
		{"vendor_key", otherVendor, "not signed by the vendor key in this agent's configuration", "", ""},
	} {
		before := s.Site.Metric(t, turned(c.kind))
		stores := s.Store.Metric(t, rows)
		restart(t, agent, right, rig.Edits{c.key: c.value})
		offer(t, agent, ledger)
		rig.Eventually(t, "the agent says what is wrong with "+c.key, func() bool {
			return strings.Contains(ask(t, agent).Connection, c.agent) && strings.Contains(agent.Text(), c.agent)
		})
		if got := send(t, agent); got.Sent != 0 || !strings.Contains(got.Reason, c.agent) {
			t.Errorf("%s: send says %+v", c.key, got)
		}
		if c.relay != "" && (!strings.Contains(s.Site.Text(), c.relay) || s.Site.Metric(t, turned(c.kind)) <= before) {
			t.Errorf("%s: the relay does not say %q, or count it", c.key, c.relay)
		}
		if n := s.Store.Metric(t, rows); n != stores {
			t.Errorf("%s: the store got %v rows", c.key, n-stores)
		}
		noAddress(t, agent, s.Site)
		restart(t, agent, right, nil)
		ledger.CheckExact(t, arrived(t, s, agent, ledger))
	}
}

// TestWrongSecretsOfTheSite gives the site's relay what another edge has. Its
// /readyz and its log say what is wrong, the edge logs it, and agents keep what
// they have.
func TestWrongSecretsOfTheSite(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1})
	agent, ledger := s.Agents[0], new(rig.Ledger)
	edge := edgeDoor(t, s)
	right := rig.Edits{"next.fingerprint": edge.fingerprint, "next.credential": edge.credential}
	for _, c := range []struct{ key, value, site, edge, kind string }{
		{"next.fingerprint", otherPin, "another certificate", "does not believe this certificate", "handshake"},
		{"next.credential", "not-the-one", "does not take this relay's credential", "wrong credential", "credential"},
	} {
		restart(t, s.Site, right, rig.Edits{c.key: c.value}) // what was in its pool goes on in time
		before := s.Edge.Metric(t, passed)
		rig.Eventually(t, "the site's relay says what is wrong with "+c.key, func() bool {
			status, text := ready(t, s.Site)
			return status == http.StatusServiceUnavailable && strings.HasPrefix(text, "not ready: ") && strings.Contains(text, c.site) &&
				strings.Contains(s.Site.Text(), c.site)
		})
		rig.Eventually(t, "the edge says it too", func() bool {
			return strings.Contains(s.Edge.Text(), c.edge) && s.Edge.Metric(t, turned(c.kind)) > 0
		})
		if _, text := ready(t, s.Site); strings.Contains(text, "127.0.") {
			t.Errorf("/readyz names an address: %s", text)
		}
		noAddress(t, s.Site, s.Edge)
		offer(t, agent, ledger)
		rig.Eventually(t, "an envelope waits in the site's pool", func() bool { return s.Site.Metric(t, inPool) > 0 })
		if n := s.Edge.Metric(t, passed); n != before {
			t.Errorf("the edge passed %v envelopes", n-before)
		}
		restart(t, s.Site, right, nil)
		s.Site.WaitReady(t)
		listens(t, s)
	}
	ledger.CheckExact(t, arrived(t, s, agent, ledger))
}

// TestWrongVendor has a store that signs with another key than relays and
// agents of the site have in their files. Nothing is sealed to it, and both say
// why.
func TestWrongVendor(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1, Site: rig.Edits{"vendor_key": otherVendor}})
	agent, ledger := s.Agents[0], new(rig.Ledger)
	offer(t, agent, ledger)
	const said = "the key list is not signed by the vendor key in the configuration"
	rig.Eventually(t, "the relay says that the key list is not the vendor's", func() bool {
		return strings.Contains(s.Site.Text(), said) && s.Site.Metric(t, "tacit_relay_key_lists_refused_total") > 0
	})
	rig.Eventually(t, "the agent says that there is no key list", func() bool {
		return strings.Contains(ask(t, agent).Connection, "gives no key list")
	})
	if got := send(t, agent); got.Sent != 0 || s.Site.Metric(t, passed) != 0 {
		t.Errorf("send says %+v, and the relay passed %v", got, s.Site.Metric(t, passed))
	}
	noAddress(t, agent, s.Site)
	restart(t, s.Site, rig.Edits{"vendor_key": s.VendorKey}, nil)
	ledger.CheckExact(t, arrived(t, s, agent, ledger))
}

// restart ends a daemon in order and starts it with a changed file.
func restart(t *testing.T, d *rig.Daemon, right, wrong rig.Edits) {
	t.Helper()
	if _, code := d.Interrupt(t); code != 0 {
		t.Fatalf("the daemon ended with %d: %s", code, d.Text())
	}
	rig.EditFile(t, d.Config, right)
	rig.EditFile(t, d.Config, wrong)
	start(t, d)
}

// ready asks a daemon for /readyz.
func ready(t *testing.T, d *rig.Daemon) (status int, text string) {
	t.Helper()
	r, err := http.Get(d.Told(t, "health"))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(b)
}

// noAddress looks for addresses in what daemons logged besides their start
// lines and setup codes, which tell where they listen themselves.
func noAddress(t *testing.T, daemons ...*rig.Daemon) {
	t.Helper()
	for _, d := range daemons {
		for line := range strings.Lines(d.Text()) {
			own := strings.Contains(line, " runs; ") || strings.HasPrefix(line, "setup code ")
			if !own && strings.Contains(line, "127.0.") {
				t.Errorf("%s logs an address: %s", filepath.Base(d.Command.Path), line)
			}
		}
	}
}
