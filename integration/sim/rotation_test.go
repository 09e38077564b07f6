package sim_test

import (
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
)

// TestRotation: months pass, the store's keys turn, and agents that were away
// past a key's end come back; and what is sent again is sent again across a
// month's end.
func TestRotation(t *testing.T) {
	atOnce(t)
	found := simulate(t, figures.Size(t, 1, 20, 0), rotation)
	report(t, figures.Rotation, found)
}

// rotation is one seed of it. What a host that is away for longer than its spool
// keeps drops, it counts.
func rotation(t *testing.T, seed uint64, dir string) *verdict {
	d := newDice(seed)
	p := newPlan(d, seed, 4*time.Minute)
	p.Start = time.Date(2026, time.Month(1+d.IntN(18)), 1, 0, 0, 0, 0, time.UTC).Add(-d.between(20*time.Second, 90*time.Second))
	p.Agents = d.few(2, 4)
	p.offers(d)
	for range 3 {
		p.add(event{At: d.between(10*time.Second, 90*time.Second), Act: []act{loseReply, killReplied, killSending, cut}[d.IntN(4)], Link: linkAll, Agent: d.IntN(p.Agents), For: time.Second})
	}
	away := d.between(90*time.Second, 110*time.Second)
	p.add(event{At: away, Act: stopAgent, For: p.Faults - away - d.between(time.Second, 30*time.Second)})
	for range d.few(2, 5) {
		e := event{At: d.between(away, p.Faults), Act: leap, Amount: 5 + d.IntN(40)}
		if d.one(3) {
			e.Act = asleep
		}
		p.add(e)
	}
	return through(t, p.sorted(), dir)
}

// leap lets days pass in a moment, for every clock alike, while connections
// stay.
func (w *world) leap(days int) {
	seen := map[*clock]bool{}
	for _, c := range w.clocks() {
		if seen[c] {
			continue // a site's relay that is the edge, too
		}
		seen[c] = true
		c.base.Add(int64(days))
	}
}

// asleep lets days pass while every machine is off.
func (w *world) asleep(days int) {
	for _, h := range w.hosts {
		h.wasUp = h.agent != nil
		h.stop()
	}
	w.store.stop()
	w.site.stop()
	w.edge.stop()
	w.pass(time.Second) // what has ended is gone
	time.Sleep(time.Duration(days) * 24 * time.Hour)
	w.edge.begin()
	if w.site != w.edge {
		w.site.begin()
	}
	w.store.begin()
	for _, h := range w.hosts {
		if h.wasUp {
			h.begin()
		}
	}
	// Time has passed for those who wait, too.
	for i := range w.ends {
		w.ends[i].at = w.ends[i].at.Add(time.Duration(days) * 24 * time.Hour)
	}
	w.slept += time.Duration(days) * 24 * time.Hour
}
