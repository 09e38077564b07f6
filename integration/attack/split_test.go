package attack

import (
	"slices"
	"strings"
	"testing"
)

// TestSplit has agents, relays, store and a console in processes of their own,
// over TLS and with debug logging, and everybody calls from an address of his
// own, which the kernel confirms. Rogues, strangers and a crowd do at both
// doors all that they may not, a visitor does at the console, an insider reads
// the stream, and the edge's power is cut. Everything that is then on disk, was
// logged, told or shown is searched for the addresses of all and for the
// installation IDs.
func TestSplit(t *testing.T) {
	f := newField(t)
	f.setUp(t)
	f.arrives(t)
	steps := []struct {
		name string
		do   func(*testing.T)
	}{
		{"RogueAgentAtSite", func(t *testing.T) { rogueAgent(t, f.site, siteRogue, siteVictim) }},
		{"PolicyHolds", f.policyHolds},
		{"StrangeCredentials", f.strangeCredentials},
		{"SlowReader", f.mutes},
		{"Strangers", func(t *testing.T) {
			strangers(t, f.site, siteStranger)
			strangers(t, f.edge, edgeStranger)
			f.arrives(t)
		}},
		{"Misconfigured", f.misconfigured},
		{"Console", f.console},
		{"StoreAway", f.storeAway},
		{"Crowd", f.crowded},
		{"Commands", f.commands},
	}
	for _, s := range steps {
		if !t.Run(s.name, s.do) {
			t.Log("what comes after this may fail for the same reason")
		}
	}
	f.arrives(t)
	f.health(t, "at the end", "the edge", "the site", "the store")
	f.visit(t, f.admin, admin)
	for _, d := range f.daemons {
		d.Interrupt(t)
	}
	for _, a := range f.agents {
		a.Interrupt(t)
	}
	f.keepAll(t)
	t.Run("NobodyIsKnown", f.nobodyIsKnown)
	t.Run("SearchIsNotBlind", f.searchIsNotBlind)
}

// nobodyIsKnown searches everything for everybody.
func (f *field) nobodyIsKnown(t *testing.T) {
	var ids []identifier
	for _, a := range f.agents {
		ids = append(ids, installationID(t, a.id, a.spoken)...)
	}
	for _, c := range callers {
		if (c == admin || c == visitor) == (f.site.called[c.at] || f.edge.called[c.at]) {
			t.Errorf("%s did not call where this would be seen", c.who)
		}
	}
	report(t, f.seen.search(addressesOf(callers), ids))
	for _, found := range rawAddresses(&f.seen, callers) {
		t.Error("found " + found)
	}
	said := identifier{class: "what a rogue said", place: "a message", text: mark, part: true}
	report(t, f.seen.search([]identifier{said}, nil))
	t.Logf("searched %d exhibits of %d bytes for %d addresses and %d installations", len(f.seen.exhibits), f.seen.size(), len(callers), len(f.agents))
}

// searchIsNotBlind is the control: what must be there is found by the same
// search, in every kind of place.
func (f *field) searchIsNotBlind(t *testing.T) {
	for _, c := range []struct{ place, text string }{
		{"the log of the edge", "tacit relay"}, {"the log of the edge until kill -9", "relay is open"},
		{"the log of the site", "the next relay is connected"}, {"the log of the site", "a connection was refused"},
		{"the log of the store", "tacit store"}, {"the log of the first agent", "tacit-agent"},
		{"the log of an agent with a wrong credential", "tacit-agent"},
		{"stored message", canary}, {"the headers of stored message", "Nats-Msg-Id"}, {"the answer to " + askStream, "TACIT_CRATES"},
		{"D/relay/stream/", canary}, {"D/relay/policy/policy.log", account}, {"D/relay/console/", account},
		{"the console's /cloud-services for the administrator", account},
		{"/metrics of the site", "tacit_relay_passed_total"}, {"/metrics of the store", "tacit_store"},
		{"/readyz of the edge", "status 200"}, {"/livez of the store", "lives\n\nstatus 200"},
		{"the names of files of the store", "MANIFEST"}, {"the names of files of the store's keys", "vendor.key"},
		{"the names of files beside the data directories", "relay.json"},
		{"D/agent/installation.json of the first agent", f.agents[0].id},
		{"D/agent/installation.json of the second agent", f.agents[1].id},
	} {
		s := newSearcher([]identifier{{class: "control", text: c.text}})
		if !slices.ContainsFunc(f.seen.exhibits, func(x exhibit) bool {
			return strings.HasPrefix(x.name, c.place) && len(s.find(x.name, x.data)) > 0
		}) {
			t.Errorf("%q is not found in %s: nothing would be", c.text, c.place)
		}
	}
}
