package fault

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestErasureGoesOnByItself has one user refuse, and then order to erase while
// the relay is away; his agent is killed. When the relay is back, nobody orders
// again, and all is erased, and the refusal stands. Another resets his ID: what
// waited is gone, and nothing more comes under the old one.
func TestErasureGoesOnByItself(t *testing.T) {
	t.Parallel()
	rounds, back := figures.Size(t, 1, 10, 0), 0
	s := rig.StartSplit(t, rig.Plan{Agents: 2, Plain: true, Site: rig.Edits{"quota.envelopes": 100_000}})
	sent := resetLedger()
	for range rounds {
		n := 0
		n, sent = awayRound(t, s, sent)
		back += n
	}
	if back > 0 {
		t.Errorf("%d rows came back, or came late", back)
	}
	figures.Report(t, figures.Erase, "%d ordered while off and away, and IDs reset / %d", rounds, back)
}

// resetVersion is of a product of the agent that resets its ID, so that its
// records can be told from those that waited before.
const resetVersion = "0.2.0"

func resetLedger() *rig.Ledger { return &rig.Ledger{Version: resetVersion} }

// awayRound is one round. sent is what the second agent has sent under the ID
// that it has; it returns what it has sent under the next one.
func awayRound(t *testing.T, s *rig.Split, sent *rig.Ledger) (back int, next *rig.Ledger) {
	t.Helper()
	eraser, resetter := s.Agents[0], s.Agents[1]
	ids := []string{rig.ID(t, eraser.Data), rig.ID(t, resetter.Data)}
	sendPages(t, s, eraser, new(rig.Ledger))
	sendPages(t, s, resetter, sent)
	cutIdle(t, s)
	s.Store.Interrupt(t)
	keys := secretsOf(t, s.Store)
	before := readPages(t, s.Store.Data, keys, ids...)
	if len(before.batches[ids[0]]) < 3 || len(before.batches[ids[1]]) < 3 {
		t.Fatalf("%d and %d pages are stored: nothing is tested", len(before.batches[ids[0]]), len(before.batches[ids[1]]))
	}
	s.Store.Start(t)
	s.Store.WaitReady(t)
	orderAway(t, eraser, ids[0])
	waited := reset(t, resetter, ids[1])
	for _, wire := range s.Wires {
		wire.Mend()
	}
	var got erasure
	rig.Eventually(t, "the erasure goes on by itself", func() bool {
		got = receipt(t, eraser)
		return got.State == "done"
	})
	got.whole(t)
	if n := len(before.batches[ids[0]]); got.Pages != n {
		t.Errorf("%d pages were stored, and the receipt says %+v", n, got)
	}
	stillOff(t, s, eraser)
	next = checkReset(t, s, resetter, waited)
	s.Store.Interrupt(t)
	after := readPages(t, s.Store.Data, keys, append(ids, rig.ID(t, eraser.Data), rig.ID(t, resetter.Data))...)
	if n := len(after.batches[rig.ID(t, eraser.Data)]); n > 0 {
		t.Errorf("an agent that is off has sent %d pages under its new ID", n)
	}
	if len(after.batches[rig.ID(t, resetter.Data)]) == 0 {
		t.Error("nothing is stored under the new ID")
	}
	had, has := slices.Sorted(slices.Values(before.batches[ids[1]])), slices.Sorted(slices.Values(after.batches[ids[1]]))
	if !slices.Equal(had, has) {
		t.Errorf("under an ID that was reset are %d pages, and were %d", len(has), len(had))
	}
	s.Store.Start(t)
	s.Store.WaitReady(t)
	commanded(t, eraser, "on")
	return after.count(ids[0], before.batches[ids[0]]) + max(0, len(has)-len(had)), next
}

// cutIdle cuts the agents off while none of them waits for a reply: what an
// agent gathered and sent by itself a moment ago would be stored later, and look
// like a page that came back.
func cutIdle(t *testing.T, s *rig.Split) {
	t.Helper()
	for end := time.Now().Add(ownCrates); ; {
		for _, wire := range s.Wires {
			wire.Cut()
		}
		if !slices.ContainsFunc(s.Agents, func(agent *rig.Daemon) bool { return waiting(t, agent) > 0 }) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("not within %v: the agents are cut off and none waits for a reply", ownCrates)
		}
		for _, wire := range s.Wires {
			wire.Mend()
		}
		for _, agent := range s.Agents {
			quiet(t, agent)
		}
	}
}

// commanded runs a user's command on an agent, and returns what it says.
func commanded(t *testing.T, agent *rig.Daemon, args ...string) string {
	t.Helper()
	r := rig.Command{Path: agent.Command.Path, Args: append(args, "--data", agent.Data), Env: agent.Command.Env}.Run(t)
	if r.Code != 0 {
		t.Fatalf("%s: exit %d: %s%s", args[0], r.Code, r.Stdout, r.Stderr)
	}
	return r.Stdout
}

// orderAway refuses, and orders to erase, while no relay is there; then the
// agent is killed.
func orderAway(t *testing.T, agent *rig.Daemon, id string) {
	t.Helper()
	commanded(t, agent, "off")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { _, _, _ = rig.API(ctx, agent.Data, http.MethodPost, "/v1/erase", nil) }) // nobody waits for the receipt
	rig.Eventually(t, "the order is taken", func() bool { return receipt(t, agent).State == "under way" })
	rig.Eventually(t, "the host has another ID", func() bool { return rig.ID(t, agent.Data) != id })
	cancel()
	wg.Wait()
	agent.Kill()
	agent.Start(t)
	if got := receipt(t, agent); got.State != "under way" || got.Confirmed > 0 {
		t.Errorf("with no relay there, after a kill, the erasure is %+v", got)
	}
}

// stillOff checks that an erasure lifts no refusal, and hangs up after itself.
func stillOff(t *testing.T, s *rig.Split, agent *rig.Daemon) {
	t.Helper()
	if says := commanded(t, agent, "why"); !strings.HasPrefix(says, "off") {
		t.Errorf("after an erasure the agent says: %s", says)
	}
	rig.Eventually(t, "the erasure's connection ends", func() bool { return s.Wires[slices.Index(s.Agents, agent)].Seen().Open == 0 })
}

// reset has records wait, and resets the ID. It returns the records.
func reset(t *testing.T, agent *rig.Daemon, id string) []int64 {
	t.Helper()
	ledger := new(rig.Ledger)
	ledger.MustOffer(t, agent.Data, 20)
	_, _, _ = rig.API(t.Context(), agent.Data, http.MethodPost, "/v1/send", nil) // so that some are sealed already
	commanded(t, agent, "id", "reset")
	if rig.ID(t, agent.Data) == id {
		t.Error("a reset leaves the ID as it was")
	}
	return ledger.Accepted()
}

// checkReset has an agent send under its new ID, to which nothing clings of what
// waited under the old one, and returns what it sent.
func checkReset(t *testing.T, s *rig.Split, agent *rig.Daemon, waited []int64) *rig.Ledger {
	t.Helper()
	ledger := resetLedger()
	taken(t, agent, ledger)
	tl := settle(t, s, agent, ledger)
	quiet(t, agent)
	for _, r := range tl.Records {
		if v, ok := r.Value.(float64); ok && r.Version == rig.ProductVersion && slices.Contains(waited, int64(v)) {
			t.Errorf("a record that waited under the old ID came under the new one: %+v", r)
		}
	}
	return ledger
}
