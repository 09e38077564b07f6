package sim_test

import (
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/integration/figures"
)

// TestDebugEnds: for the hour that a user debugs his host sends every few minutes,
// and then as rarely as before; so it does when it was off at the hour's end.
func TestDebugEnds(t *testing.T) {
	atOnce(t)
	simulate(t, figures.Size(t, 2, 20, 0), debugs)
}

// debugs is one seed of it.
func debugs(t *testing.T, seed uint64, dir string) *verdict {
	d := newDice(seed)
	p := newPlan(d, seed, time.Minute)
	p.Chain = false
	w := newWorld(t, p.sorted(), dir)
	w.run()
	h := w.hosts[0]
	h.offer(1)
	w.rest()
	h.stop()
	h.rarely = true
	h.begin()
	sends := func(from, to time.Duration, began time.Time) (n int) {
		var last time.Time
		for _, at := range w.watch.putsOf(agentLink(h.n)) {
			if at.Before(began.Add(from)) || !at.Before(began.Add(to)) {
				continue
			}
			if at.Sub(last) > 20*time.Second { // page and fragment leave together
				n++
			}
			last = at
		}
		return n
	}
	began := time.Now()
	why, err := h.agent.Debug(w.ctx, local.DebugOrder{Minutes: 60})
	if err != nil || why.Debug.IsZero() {
		t.Fatalf("debug until %v, %v", why.Debug, err)
	}
	off := seed%2 == 0
	for minute := range 150 {
		switch {
		case off && minute == 50:
			h.stop()
		case off && minute == 70:
			h.begin()
		}
		h.offer(1)
		w.pass(time.Minute)
	}
	if n := sends(0, 50*time.Minute, began); n < 11 || n > 34 { // with pauses of 1.5 to 4.5 minutes
		t.Errorf("in 50 minutes of debugging it sent %d times", n)
	}
	// The last pause of the hour ends behind it: what is gathered then is mixed for hours.
	if n := sends(65*time.Minute, 150*time.Minute, began); n > 2 {
		t.Errorf("in the hour and a half behind it sent %d times", n)
	}
	h.stop()
	h.rarely = false
	h.begin()
	w.rest()
	v := &verdict{Seed: seed, Plan: p.hash(t), Passed: time.Since(w.start)}
	w.stop()
	v.Trace = w.watch.hash()
	v.Account = w.settle()
	return v
}
