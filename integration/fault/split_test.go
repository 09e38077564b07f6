package fault

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestNothingIsLostOnTheWay runs the parts apart and kills one after the other
// at random moments, while products report to two agents. At the end every
// record that was accepted is in the lookup, once.
func TestNothingIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	r := random(t)
	// Users who send all the time use a day's quota up.
	s := rig.StartSplit(t, rig.Plan{Agents: 2, Site: rig.Edits{"quota.envelopes": 100_000}})
	ledgers := make([]*rig.Ledger, len(s.Agents))
	reportToAll(t, s.Agents, ledgers, func() {
		for range max(8, kills(t)/4) {
			for _, i := range r.Perm(4)[:1+r.IntN(2)] {
				killed(t, r, []*rig.Daemon{s.Edge, s.Store, s.Site, s.Agents[r.IntN(len(s.Agents))]}[i])
			}
			time.Sleep(time.Duration(r.Int64N(int64(longestLife / 4)))) // until a random moment
		}
	})
	for i, a := range s.Agents {
		// What an agent sent and an edge forgot, the agent sends again much
		// later, or after a restart.
		a.Kill()
		a.Start(t)
		tl := settle(t, s, a, ledgers[i])
		t.Logf("%d records accepted, %d in the timeline on %d pages", len(ledgers[i].Accepted()), len(tl.Records), tl.Pages)
		if len(ledgers[i].Accepted()) < 10 {
			t.Fatalf("only %d records were accepted: nothing was tested", len(ledgers[i].Accepted()))
		}
		ledgers[i].CheckExact(t, tl)
	}
}

// killed ends a daemon as a power cut would, and starts it after a moment.
func killed(t *testing.T, r *rand.Rand, d *rig.Daemon) {
	t.Helper()
	d.Kill()
	time.Sleep(time.Duration(r.Int64N(int64(longestLife / 6)))) // it is missed for a random time
	d.Start(t)
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

// crateTime is longer than the stream takes to give what a killed store had in
// hand to the next one.
const crateTime = 5 * rig.Patience

// settle waits until the store has all that an agent accepted, and returns the
// timeline.
func settle(t *testing.T, s *rig.Split, agent *rig.Daemon, ledger *rig.Ledger) rig.Timeline {
	t.Helper()
	defer hurry(t, agent)()
	for end := time.Now().Add(crateTime); ; time.Sleep(pace) { // between two looks
		tl := s.Lookup(t, agent)
		if missing := rig.Missing(tl, ledger.Accepted()); len(missing) == 0 || time.Now().After(end) {
			return tl // which is compared with the ledger
		}
	}
}
