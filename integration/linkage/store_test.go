package linkage

import (
	"fmt"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/schema"
)

const fleetDays = 30

// TestDisk gives the attacker the disk of a store with the pages and fragments
// of a fleet: as it is while the store runs, and after it has stopped. Pairs are
// drawn in two ways: two of one installation against any two, and against two of
// other installations of the very same days, which leaves nothing to tell but the
// order within a day.
func TestDisk(t *testing.T) {
	n := figures.Size(t, 1000, 3000, 0)
	pairs, most := 10_000, 0.52
	switch {
	case n > 1000:
		pairs, most = 100_000, 0.51
	case n < 1000: // too few to say it exactly
		pairs, most = 5_000, 0.56
	}
	random := seeded(t)
	first := schema.DayOf(time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC))
	v, fleet := newVendor(t, first, max(8, n*3/2/dayParts)), newFleet(random, n)
	began := time.Now()
	sent := v.play(t, random, fleet, first, fleetDays)
	t.Logf("%d installations sent %d envelopes in %d days, which took %v", n, len(sent), fleetDays, time.Since(began).Round(time.Millisecond))
	running := steal(t, v.dir)
	if err := v.store.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	var worst verdict
	for _, c := range []struct{ when, dir string }{{"while it runs", running}, {"after it stopped", steal(t, v.dir)}} {
		pages, fragments := look(t, c.dir).seen(t, sent, float64(first))
		for _, p := range []struct {
			what        string
			left, right []*thing
		}{{"pages", pages, pages}, {"page and fragment", pages, fragments}} {
			for _, matched := range []bool{false, true} {
				a := newDrawer(random, p.left, p.right, matched).try(pairs)
				what := fmt.Sprintf("%s, %s, same days %v", c.when, p.what, matched)
				t.Logf("%s: %s", what, a)
				if a.area > most || a.bestArea > most+2*a.deviation { // the best of many has luck besides
					t.Errorf("%s: %s: want at most %.2f", what, a, most)
				}
				if a.area > worst.area {
					worst = a
				}
			}
		}
		if c.dir != running {
			continue
		}
		pages, fragments = known(pages, float64(first)), known(fragments, float64(first))
		for _, right := range [][]*thing{pages, fragments} {
			if a := newDrawer(random, pages, right, true).try(pairs); a.area < linkable {
				t.Errorf("with the order of arrival in hand: %s: the attacker does not know his trade", a)
			} else {
				t.Logf("with the order of arrival in hand: %s", a)
			}
		}
	}
	figures.Report(t, figures.Linkage2, "%s (%d installations × %d days)", worst, n, fleetDays)
}

// linkable is the least area for which the attacker knows his trade.
const linkable = 0.55

// seen returns the pages and the fragments that were sent as they lie there. All
// of them must.
func (d *stolen) seen(t *testing.T, sent []*sending, first float64) (pages, fragments []*thing) {
	t.Helper()
	pages, fragments = d.things(sent, 'p', 'b'), d.things(sent, 'f', 'f')
	if len(pages)+len(fragments) != len(sent) {
		t.Fatalf("the disk has %d pages and %d fragments of %d that were stored: the attacker reads wrong", len(pages), len(fragments), len(sent))
	}
	d.daysByVersion(fragments)
	rank(pages, first)
	rank(fragments, first)
	return pages, fragments
}

// String says how the attack went.
func (v verdict) String() string {
	return fmt.Sprintf("%.3f ± %.3f; best alone: %s, %.3f", v.area, v.deviation, v.best, v.bestArea)
}
