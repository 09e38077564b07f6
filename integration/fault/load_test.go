package fault

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// writers is how many products report at the same time, and pace how often
// each does: enough to be cut off at any step, and not so much that agents that
// are interrupted all the time fall behind.
const (
	writers = 4
	pace    = 60 * time.Millisecond
	atOnce  = 3 // records
)

// reporter is the version of the products that report here. Tacit reports of
// itself with another, so that the sums of these are theirs alone.
const reporter = "7.7.7"

// newLedger returns a ledger of products that report with this version.
func newLedger() *rig.Ledger { return &rig.Ledger{Version: reporter} }

// report lets products report to whatever runs on dir while do is at work.
func report(t *testing.T, dir string, ledger *rig.Ledger, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	for range writers {
		wg.Go(func() {
			tick := time.NewTicker(pace)
			defer tick.Stop()
			for {
				select {
				case <-ctx.Done():
					return
				case <-tick.C:
					_, _ = ledger.Offer(ctx, dir, atOnce) // nobody may be there
				}
			}
		})
	}
	do()
}

// reportToAll lets products report to all agents, each into a ledger of its own,
// and users send, while do is at work.
func reportToAll(t *testing.T, agents []*rig.Daemon, do func([]*rig.Ledger)) (ledgers []*rig.Ledger) {
	t.Helper()
	run := func() { do(ledgers) }
	for _, a := range agents {
		ledger, inner := newLedger(), run
		ledgers = append(ledgers, ledger)
		run = func() {
			report(t, a.Data, ledger, func() {
				defer hurry(t, a.Data)()
				inner()
			})
		}
	}
	run()
	return ledgers
}

// hurry lets the user of the agent on dir send, again and again, until what it
// returns is called: after a round that failed the next would be far.
func hurry(t *testing.T, dir string) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			_, _, _ = rig.API(ctx, dir, http.MethodPost, "/v1/send", nil) // nobody may be there
			time.Sleep(2 * pace)
		}
	})
	return func() { cancel(); wg.Wait() }
}

// ownCrates is longer than the stream takes to give what a killed store had in
// hand to the next one.
const ownCrates = 5 * rig.Patience

// settle waits until the store has all that an agent accepted, and returns the
// timeline.
func settle(t *testing.T, s *rig.Split, agent *rig.Daemon, ledger *rig.Ledger) rig.Timeline {
	t.Helper()
	defer hurry(t, agent.Data)()
	return await(t, ownCrates, s, agent, ledger.Accepted())
}

// await waits until the store has these records of an agent, at most so long,
// and returns the timeline, which is compared with the ledger.
func await(t *testing.T, patience time.Duration, s *rig.Split, agent *rig.Daemon, values []int64) rig.Timeline {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(pace) { // between two looks
		tl := s.Lookup(t, agent)
		if len(rig.Missing(tl, values)) == 0 || time.Now().After(end) {
			return tl
		}
	}
}

// quiet sends what an agent still has, what it accepted and could not say
// included, until every batch has its reply. The agent may be asked to come
// later.
func quiet(t *testing.T, agent *rig.Daemon) {
	t.Helper()
	for end := time.Now().Add(ownCrates); !sentAll(t, agent); time.Sleep(pace) { // between two looks
		if time.Now().After(end) {
			t.Fatalf("not within %v: every batch has its reply", ownCrates)
		}
	}
}

// sentAll lets an agent send, and says whether it has nothing left.
func sentAll(t *testing.T, agent *rig.Daemon) bool {
	t.Helper()
	code, _, err := rig.API(t.Context(), agent.Data, http.MethodPost, "/v1/send", nil)
	return err == nil && code == http.StatusOK && waiting(t, agent) == 0
}

// waiting returns how many batches of an agent have no reply yet.
func waiting(t *testing.T, agent *rig.Daemon) int {
	t.Helper()
	var status struct{ Spool struct{ Batches int } }
	code, b, err := rig.API(t.Context(), agent.Data, http.MethodGet, "/v1/status", nil)
	if err != nil || code != http.StatusOK || json.Unmarshal(b, &status) != nil {
		t.Fatalf("ask an agent how it is: %d, %v: %s", code, err, b)
	}
	return status.Spool.Batches
}
