package sim_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// TestCodesDie: a support code opens until its day is over and never after, for
// who kept it, whether the store runs at midnight or not, and whatever its clock
// says then; nor with a copy of the store's directories, its secrets among them, from
// after that. The ID opens as before.
func TestCodesDie(t *testing.T) {
	atOnce(t)
	simulate(t, figures.Size(t, 3, 30, 0), codes)
}

// codes is one seed of it.
func codes(t *testing.T, seed uint64, dir string) *verdict {
	d := newDice(seed)
	p := newPlan(d, seed, time.Minute)
	p.Start = time.Date(2026, time.Month(1+d.IntN(12)), 1+d.IntN(28), 17, 40+d.IntN(10), 0, 0, time.UTC)
	p.Chain = false
	p.offers(d)
	w := newWorld(t, p.sorted(), dir)
	w.run()
	h := w.hosts[0]
	h.offer(3)
	w.rest()
	code, err := h.agent.SupportCode(w.ctx, local.SupportOrder{})
	if err != nil || !code.Confirmed || !code.Until.Equal(w.right.now().Truncate(24*time.Hour).Add(24*time.Hour)) {
		t.Fatalf("at %s the agent gives a code until %s, confirmed %v, %v", w.right.now(), code.Until, code.Confirmed, err)
	}
	w.store.stop()
	if pages, err := w.lookUp(code.Code); err != nil || pages == 0 {
		t.Errorf("while it lives the code opens %d pages, %v", pages, err)
	}
	before := w.take("while-it-lives")
	h.stop()
	w.edge.stop() // what runs makes hours long
	time.Sleep(time.Until(code.Until) - 2*time.Minute)
	switch seed % 3 { // where the store is at midnight
	case 0:
		w.store.begin()
		w.pass(4 * time.Minute)
		w.store.stop()
	case 1:
		time.Sleep(2*time.Minute + time.Second)
	case 2: // off for days, and its clock is behind by as many when it comes back
		time.Sleep(time.Duration(1+d.IntN(5)) * 24 * time.Hour)
		w.store.begin()
		w.pass(2 * time.Minute)
		w.store.clock.jump(-7)
		w.pass(2 * time.Minute)
		w.store.stop()
		w.store.clock.jump(0)
	}
	if _, err := w.lookUp(code.Code); !errors.Is(err, lookup.ErrNoCode) {
		t.Errorf("after its day: %v", err)
	}
	checkThief(t, before, w.take("the-day-after"), code.Code)
	if pages, err := w.lookUp(uuid.UUID(h.id).String()); err != nil || pages == 0 {
		t.Errorf("the ID opens %d pages, %v", pages, err)
	}
	v := &verdict{Seed: seed, Plan: p.hash(t), Passed: time.Since(w.start)}
	w.stop()
	v.Trace = w.watch.hash()
	v.Account = w.settle()
	return v
}

// lookUp opens what the store has, when no store runs, and says how many pages
// there are.
func (w *world) lookUp(text string) (int, error) {
	subject, err := lookup.ParseSubject(text)
	if err != nil {
		w.t.Fatal(err)
	}
	life := w.store.life
	src, err := lookup.Open(w.ctx, home.Home{Dir: w.store.dir(life), KeysDir: w.store.keys(life), RunDir: w.store.dir(life) + ".run"})
	if err != nil {
		w.t.Fatal(err)
	}
	h, err := lookup.Timeline(w.ctx, src, subject, lookup.Options{Registry: registry.BaseSet(), Ticket: "SIM-1"})
	if err := src.Close(); err != nil {
		w.t.Error(err)
	}
	if err != nil {
		return 0, err
	}
	return h.Pages, nil
}
