package sim_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
)

// TestPartition: whatever the network and the machines do, what products were
// told is kept arrives once.
func TestPartition(t *testing.T) {
	atOnce(t)
	found := simulate(t, figures.Size(t, 20, 2000, 50_000), partition)
	report(t, figures.Partition, found)
}

// partition is one seed of it.
func partition(t *testing.T, seed uint64, dir string) *verdict {
	d := newDice(seed)
	p := newPlan(d, seed, d.between(time.Minute, 4*time.Minute))
	p.Agents, p.Peers = d.few(1, 6), d.few(1, 3)
	if d.one(20) {
		p.Agents = d.few(7, 20)
	}
	p.offers(d)
	for range d.few(1, 10) {
		p.fault(d, d.between(0, p.Faults), []act{
			cut, cut, stall, stall, vanish, vanish, refuse, trickle, slow, loseReply, siteOff, hostOff, fullDisk,
			killAgent, stopAgent, killEdge, killSite, killStore, killReplied, killAnswered, killSending,
		})
	}
	return through(t, p.sorted(), dir)
}

// through runs a plan to its verdict.
func through(t *testing.T, p *plan, dir string) *verdict {
	w := newWorld(t, p, dir)
	w.run()
	repaired := time.Now()
	w.rest()
	v := &verdict{Seed: p.Seed, Plan: p.hash(t), Passed: time.Since(w.start), Drained: time.Since(repaired)}
	w.stop()
	v.Trace = w.watch.hash()
	v.Account = w.settle()
	return v
}

// report writes the figure of a scenario.
func report(t *testing.T, row figures.Row, found []*verdict) {
	if inside {
		return
	}
	var sum account
	var drained []time.Duration
	for _, v := range found {
		if v == nil {
			continue // it ended without a verdict, which has failed the test
		}
		sum.Accepted, sum.Lost, sum.Double = sum.Accepted+v.Account.Accepted, sum.Lost+v.Account.Lost-v.Account.Dropped, sum.Double+v.Account.Double
		sum.Expired += v.Account.Expired
		drained = append(drained, v.Drained)
	}
	if len(drained) == 0 {
		return
	}
	slices.Sort(drained)
	figures.Report(t, row, "%d seeds / %d records / %d lost / %d double / %d batches wrongly expired / drained within %v, %v in the worst",
		len(found), sum.Accepted, sum.Lost, sum.Double, sum.Expired, drained[len(drained)/2].Round(time.Second), drained[len(drained)-1].Round(time.Second))
}
