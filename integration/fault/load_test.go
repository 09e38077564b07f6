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
// each does: enough to be cut off at any step, and not so much that the spool's
// bound is reached.
const (
	writers = 4
	pace    = 20 * time.Millisecond
	atOnce  = 3 // records
)

// reporter is the version of the products that report here. Tacit reports of
// itself with another, so that the sums of these are theirs alone.
const reporter = "7.7.7"

// report lets products report to whatever runs on dir while do is at work, and
// returns what was accepted.
func report(t *testing.T, dir string, do func()) *rig.Ledger {
	t.Helper()
	ledger := &rig.Ledger{Version: reporter}
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
	return ledger
}

// reportToAll lets products report to all agents, and users send, while do is
// at work.
func reportToAll(t *testing.T, agents []*rig.Daemon, ledgers []*rig.Ledger, do func()) {
	t.Helper()
	if len(agents) == 0 {
		do()
		return
	}
	ledgers[0] = report(t, agents[0].Data, func() {
		defer hurry(t, agents[0])()
		reportToAll(t, agents[1:], ledgers[1:], do)
	})
}

// hurry lets a user send, again and again, until what it returns is called:
// after a round that failed the next would be far.
func hurry(t *testing.T, agent *rig.Daemon) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	wg.Go(func() {
		for ctx.Err() == nil {
			_, _, _ = rig.API(ctx, agent.Data, http.MethodPost, "/v1/send", nil) // nobody may be there
			time.Sleep(5 * pace)
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
	return settleWithin(t, ownCrates, s, agent, ledger)
}

func settleWithin(t *testing.T, patience time.Duration, s *rig.Split, agent *rig.Daemon, ledger *rig.Ledger) rig.Timeline {
	t.Helper()
	defer hurry(t, agent)()
	for end := time.Now().Add(patience); ; time.Sleep(pace) { // between two looks
		tl := s.Lookup(t, agent)
		if missing := rig.Missing(tl, ledger.Accepted()); len(missing) == 0 || time.Now().After(end) {
			return tl // which is compared with the ledger
		}
	}
}

// quiet sends what an agent still has, until every batch has its reply.
func quiet(t *testing.T, agent *rig.Daemon) {
	t.Helper()
	_, _, _ = rig.API(t.Context(), agent.Data, http.MethodPost, "/v1/send", nil) // what it says is what is waited for
	rig.Eventually(t, "every batch has its reply", func() bool {
		var status struct{ Spool struct{ Batches int } }
		code, b, err := rig.API(t.Context(), agent.Data, http.MethodGet, "/v1/status", nil)
		return err == nil && code == http.StatusOK && json.Unmarshal(b, &status) == nil && status.Spool.Batches == 0
	})
}
