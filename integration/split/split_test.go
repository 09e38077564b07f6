// Package split plays what must hold when the parts of Tacit run apart, as in
// the field: agents, a site's relay, the vendor's edge and a store in processes
// of their own, from the shipped example files. An administrator decides in the
// console by HTTP, a user with the agent's command. What came of it is looked
// up in the store, counted by proxies between the parts, and read from each
// daemon's metrics. It shares no code with Tacit.
package split

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	for _, name := range []string{"DO_NOT_TRACK", "TACIT_TELEMETRY", "TACIT_DATA"} {
		_ = os.Unsetenv(name) // what the user who runs the tests refused is not what is tested
	}
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// Counts of the daemons' metrics.
const (
	passed     = "tacit_relay_passed_total"
	refusedOff = `tacit_relay_refused_total{reason="off"}`
	inPool     = "tacit_relay_pool_envelopes"
	shut       = "tacit_relay_shut_total"
	replies    = "tacit_relay_replies_total"
	rows       = "tacit_store_rows"
)

// both are the boxes of the two programmes, in one state.
func both(state string) map[string]string {
	return map[string]string{rig.CEIPBox: state, rig.CSPBox: state}
}

// begin starts a split. When the test fails, what its daemons logged is shown.
func begin(t *testing.T, plan rig.Plan) *rig.Split {
	t.Helper()
	plan.Verbose = true
	s := rig.StartSplit(t, plan)
	t.Cleanup(func() {
		if !t.Failed() {
			return
		}
		t.Logf("the edge:\n%s\nthe store:\n%s\nthe site's relay:\n%s", s.Edge.Text(), s.Store.Text(), s.Site.Text())
		for i, a := range s.Agents {
			t.Logf("agent %d: %+v\n%s", i, s.Wires[i].Seen(), a.Text())
		}
	})
	return s
}

// agentCommand returns a user's command on an agent, of the build that runs.
func agentCommand(agent *rig.Daemon, args ...string) rig.Command {
	return rig.Command{Path: agent.Command.Path, Args: append(args, "--data", agent.Data), Env: agent.Command.Env}
}

// why is what `tacit-agent why --json` prints.
type why struct {
	State, By, Reason, Connection string
	MaySend                       bool `json:"may_send"`
	MayListen                     bool `json:"may_listen"`
	Inputs                        []struct{ Name, Value, Says, Reason string }
}

func ask(t *testing.T, agent *rig.Daemon) (w why) {
	t.Helper()
	agentCommand(agent, "why", "--json").JSON(t, &w)
	return w
}

// call asks the local API of an agent that runs.
func call(t *testing.T, agent *rig.Daemon, method, path string, into any) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), rig.Patience)
	defer cancel()
	status, b, err := rig.API(ctx, agent.Data, method, path, nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("%s %s: %d, %v: %s", method, path, status, err, b)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s %s: %v in %s", method, path, err, b)
	}
}

// sent is the answer to a user who wants to send now.
type sent struct {
	Sent, Batches, Replies int
	Reason                 string
}

func send(t *testing.T, agent *rig.Daemon) (s sent) {
	t.Helper()
	call(t, agent, http.MethodPost, "/v1/send", &s)
	return s
}

// waiting returns how many batches an agent keeps that were not confirmed.
func waiting(t *testing.T, agent *rig.Daemon) int {
	t.Helper()
	var s struct{ Spool struct{ Batches int } }
	call(t, agent, http.MethodGet, "/v1/status", &s)
	return s.Spool.Batches
}

// offer offers a record until one is accepted.
func offer(t *testing.T, agent *rig.Daemon, ledger *rig.Ledger) {
	t.Helper()
	rig.Eventually(t, "a record is accepted", func() bool {
		answers, err := ledger.Offer(t.Context(), agent.Data, 1)
		return err == nil && answers[0].Accepted()
	})
}

// arrived waits until the store has all that an agent accepted, and returns
// the timeline.
func arrived(t *testing.T, s *rig.Split, agent *rig.Daemon, ledger *rig.Ledger) (tl rig.Timeline) {
	t.Helper()
	rig.Eventually(t, "what was accepted is in the lookup", func() bool {
		tl = s.Lookup(t, agent)
		return len(rig.Missing(tl, ledger.Accepted())) == 0
	})
	return tl
}

// says waits until an agent says that an input decides.
func says(t *testing.T, agent *rig.Daemon, state, by string) (w why) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("the agent said %+v", w)
		}
	}()
	rig.Eventually(t, "the agent says "+state+" by "+by, func() bool {
		w = ask(t, agent)
		return w.State == state && w.By == by
	})
	return w
}
