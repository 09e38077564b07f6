package split

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestSiteRefusalSurvives unticks the boxes and then does to the agent and to
// the site's relay what happens to machines. None of it makes an agent send, or
// ask for anything; each can say who refused.
func TestSiteRefusalSurvives(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1, Plain: true})
	admin, agent, site := s.Administrator(t), s.Agents[0], s.Site
	for _, d := range []*rig.Daemon{agent, site} {
		install(t, d)
	}
	ledger := new(rig.Ledger)
	offer(t, agent, ledger)
	arrived(t, s, agent, ledger)
	before := laden(t, s, ledger)
	listens(t, s)
	admin.Decide(t, both("off"))
	says(t, agent, "off", "site_policy")
	later := rig.Release(t, "9.9.9")
	w := resting(t, s, map[*rig.Daemon]*rig.Ledger{agent: ledger})
	w.check("the boxes are not ticked")
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"the agent is killed", func() { kill(agent); start(t, agent) }},
		{"the relay is killed", func() { kill(site); start(t, site) }},
		{"the relay, then the agent, which starts first", func() { kill(site, agent); start(t, agent, site) }},
		{"the agent, then the relay, which starts first", func() { kill(agent, site); start(t, site, agent) }},
		{"both are killed again and again", func() { shake(t, site, agent) }},
		{"the agent's directory is one from before", func() { kill(agent); putBack(t, agent, before); start(t, agent) }},
		{"a newer build", func() { upgrade(t, later, site, agent) }},
		{"reinstalled", func() { reinstall(t, agent); reinstall(t, site) }},
		{"the agent's directory from before, under a newer build", func() { kill(agent); putBack(t, agent, before); start(t, agent) }},
		{"the agent's directory is gone", func() { kill(agent); empty(t, agent); start(t, agent) }},
		{"it is found again", func() { kill(agent); putBack(t, agent, before); start(t, agent) }},
	} {
		c.do()
		if why := says(t, agent, "off", "site_policy"); !why.MayListen || why.MaySend {
			t.Errorf("%s: the agent says %+v", c.what, why)
		}
		listens(t, s)
		w.check(c.what)
	}
	if !strings.Contains(agent.Text(), "9.9.9") {
		t.Errorf("the newer build says %s", agent.Text())
	}
	admin.LogIn(t, "ada", "a long walk by the sea")
	admin.Decide(t, both("on"))
	w.resumes()
}

// listens waits until every agent is connected, to hear the site's word.
func listens(t *testing.T, s *rig.Split) {
	t.Helper()
	rig.Eventually(t, "the agents listen", func() bool {
		for _, wire := range s.Wires {
			if wire.Seen().Open == 0 {
				return false
			}
		}
		return s.Site.Metric(t, "tacit_relay_agents") == float64(len(s.Agents))
	})
}

// shake kills and starts daemons in random orders, without waiting for what
// they do between.
func shake(t *testing.T, daemons ...*rig.Daemon) {
	t.Helper()
	for range 4 {
		rand.Shuffle(len(daemons), func(i, j int) { daemons[i], daemons[j] = daemons[j], daemons[i] })
		kill(daemons...)
		rand.Shuffle(len(daemons), func(i, j int) { daemons[i], daemons[j] = daemons[j], daemons[i] })
		start(t, daemons...)
	}
}
