package split

import (
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestUserRefusalSurvives has a user say `off`, and then the same happen to his
// machine, while the site's administrator is for it. Nothing is dialled.
func TestUserRefusalSurvives(t *testing.T) {
	t.Parallel()
	s := begin(t, rig.Plan{Agents: 1, Plain: true})
	admin, agent, ledger := s.Administrator(t), s.Agents[0], new(rig.Ledger)
	install(t, agent)
	offer(t, agent, ledger)
	arrived(t, s, agent, ledger)
	before := laden(t, s, ledger)
	if r := agentCommand(agent, "off").Run(t); r.Code != 0 || !strings.HasPrefix(r.Stdout, "off: ") {
		t.Fatalf("off: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
	}
	hangsUp(t, s.Wires[0])
	dialled := s.Wires[0].Seen().Connections
	w := resting(t, s, map[*rig.Daemon]*rig.Ledger{agent: ledger})
	for _, c := range []struct {
		what string
		do   func()
	}{
		{"a user refuses", func() {}},
		{"the agent is killed", func() { kill(agent); start(t, agent) }},
		{"it is killed again and again", func() { shake(t, agent) }},
		{"the administrator is for it", func() { admin.Decide(t, both("on")) }},
		{"the relay is killed", func() { kill(s.Site); start(t, s.Site) }},
		{"a directory from before", func() { kill(agent); putBack(t, agent, before); start(t, agent) }},
		{"a newer build", func() { upgrade(t, rig.Release(t, "9.9.9"), agent) }},
		{"reinstalled", func() { reinstall(t, agent) }},
		{"a directory from before, under a newer build", func() { kill(agent); putBack(t, agent, before); start(t, agent) }},
		{"the directory is gone", func() { kill(agent); empty(t, agent); start(t, agent) }},
		{"it is found again", func() { kill(agent); putBack(t, agent, before); start(t, agent) }},
	} {
		c.do()
		if why := says(t, agent, "off", "user"); why.MayListen || why.MaySend {
			t.Errorf("%s: the agent says %+v", c.what, why)
		}
		w.check(c.what)
		if n := s.Wires[0].Seen().Connections - dialled; n != 0 {
			t.Errorf("%s: the agent dialled %d times", c.what, n)
		}
	}
	if r := agentCommand(agent, "on").Run(t); r.Code != 0 {
		t.Fatalf("on: exit %d: %s", r.Code, r.Stderr)
	}
	w.resumes()
}

// hangsUp waits until an agent has closed its connection.
func hangsUp(t *testing.T, wire *rig.Proxy) {
	t.Helper()
	rig.Eventually(t, "the agent hangs up", func() bool { return wire.Seen().Open == 0 })
}
