package sim_test

import (
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
)

// TestClock: clocks are set wrong by up to ten years, on any machine and for any
// time, and machines die while batches get another day. Nothing is lost for it.
func TestClock(t *testing.T) {
	atOnce(t)
	found := simulate(t, figures.Size(t, 20, 2000, 0), clocks)
	report(t, figures.Clock, found)
}

// jumps are how far clocks are set wrong, in days.
var jumps = []int{1, 2, 31, 89, 91, 400, 3650}

// clocks is one seed of it.
func clocks(t *testing.T, seed uint64, dir string) *verdict {
	d := newDice(seed)
	p := newPlan(d, seed, d.between(time.Minute, 3*time.Minute))
	p.Agents, p.Chain = d.few(1, 4), d.one(8)
	p.offers(d)
	for range d.few(1, 4) {
		days := jumps[d.IntN(len(jumps))]
		if d.one(2) {
			days = -days
		}
		p.add(event{
			At: d.between(0, p.Faults), Act: []act{jumpAgent, jumpAgent, jumpAgent, jumpRelay, jumpStore}[d.IntN(5)],
			Agent: d.IntN(p.Agents), For: d.between(time.Second, p.Faults), Amount: days,
		})
	}
	for range d.few(0, 3) {
		p.fault(d, d.between(0, p.Faults), []act{cut, loseReply, killAgent, killSending, killReplied, killStore, killEdge})
	}
	return through(t, p.sorted(), dir)
}
