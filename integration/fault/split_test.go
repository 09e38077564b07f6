package fault

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestNothingIsLostOnTheWay runs the parts apart and kills them at random
// moments, one or two at a time, while products report to two agents: the edge
// with the broker in it, the store, the site's relay and the agents. At the end
// every record that was accepted is in the lookup and in the sums, once.
func TestNothingIsLostOnTheWay(t *testing.T) {
	t.Parallel()
	r, kills := random(t), figures.Size(t, 10, 100, 1000)
	var c tally
	for left := kills; left > 0; left -= atMost {
		s := fleet(t)
		ledgers := reportToAll(t, s.Agents, func([]*rig.Ledger) {
			for n := min(left, atMost); n > 0; time.Sleep(life(r) / 2) {
				n -= killSome(t, r, s, n)
			}
		})
		c.compare(t, s, ledgers, ownCrates)
	}
	figures.Report(t, figures.Kill, "%d apart / %d / %d / %d", kills, c.accepted, c.lost, c.double)
}

// fleet starts all parts and two agents, whose users send all the time, which
// would use a day's quota up, of envelopes and of bytes.
func fleet(t *testing.T) *rig.Split {
	t.Helper()
	return rig.StartSplit(t, rig.Plan{Agents: 2, Site: rig.Edits{"quota.envelopes": 1_000_000, "quota.bytes": "4GiB"}})
}

// killSome kills one or two parts at the same time, at most so many, and starts
// them after a moment. It returns how many.
func killSome(t *testing.T, r *rand.Rand, s *rig.Split, most int) (n int) {
	t.Helper()
	parts := []*rig.Daemon{s.Edge, s.Store, s.Site, s.Agents[r.IntN(len(s.Agents))]}
	chosen := r.Perm(len(parts))[:min(most, 1+r.IntN(2))]
	for _, i := range chosen {
		parts[i].Kill()
	}
	time.Sleep(missed(r))
	for _, i := range chosen {
		parts[i].Start(t)
	}
	return len(chosen)
}

// missed is for how long what was killed is missed.
func missed(r *rand.Rand) time.Duration {
	return time.Duration(r.Int64N(int64(250 * time.Millisecond)))
}

// killed ends a daemon as a power cut would, and starts it after a moment.
func killed(t *testing.T, r *rand.Rand, d *rig.Daemon) {
	t.Helper()
	d.Kill()
	time.Sleep(missed(r))
	d.Start(t)
}

// compare waits until the store has everything, and compares it with what the
// agents accepted. It ends the agents and the store.
func (c *tally) compare(t *testing.T, s *rig.Split, ledgers []*rig.Ledger, patience time.Duration) {
	t.Helper()
	for i, a := range s.Agents {
		// What an agent sent and an edge forgot, the agent sends again much
		// later, or after a restart.
		a.Kill()
		a.Start(t)
		stop := hurry(t, a.Data)
		await(t, patience, s, a, ledgers[i].Accepted())
		stop()
		quiet(t, a)
	}
	var want sums
	for i, a := range s.Agents {
		a.Kill()
		want = want.plus(c.pages(t, ledgers[i], s.Lookup(t, a)))
	}
	s.Store.Interrupt(t)
	c.rollups(t, filepath.Join(s.Store.Data, "store"), want)
}
