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
// of a fleet: as it is while the store runs, and after it has stopped.
func TestDisk(t *testing.T) {
	n := figures.Size(t, 1000, 3000, 0)
	pairs, most := 30_000, 0.52
	if n > 1000 {
		pairs, most = 120_000, 0.51
	}
	random := seeded(t)
	first := schema.DayOf(time.Date(2026, 10, 19, 0, 0, 0, 0, time.UTC))
	v, fleet := newVendor(t, first), newFleet(random, n)
	began := time.Now()
	sent := v.play(t, random, fleet, first, fleetDays)
	t.Logf("%d envelopes in %v", len(sent), time.Since(began).Round(time.Millisecond))
	running := steal(t, v.dir)
	if err := v.store.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	stopped := steal(t, v.dir)
	var text []string
	for _, c := range []struct{ when, dir string }{{"while it runs", running}, {"after it stopped", stopped}} {
		d := look(t, c.dir)
		pages, fragments := d.things(sent, 'p', 'b'), d.things(sent, 'f', 'f')
		d.daysByVersion(fragments)
		rank(pages)
		rank(fragments)
		t.Logf("%s: %d pages, %d fragments", c.when, len(pages), len(fragments))
		for _, a := range []struct {
			what        string
			left, right []*thing
			matched     bool
		}{
			{"pages", pages, pages, false}, {"pages of given days", pages, pages, true},
			{"page and fragment", pages, fragments, false}, {"page and fragment of given days", pages, fragments, true},
		} {
			r := newDrawer(random, a.left, a.right, a.matched).try(pairs)
			t.Logf("%s, %s: %.4f ± %.4f; best alone %q %.4f; %v", c.when, a.what, r.area, r.deviation, r.best, r.bestArea, r.alone)
			text = append(text, fmt.Sprintf("%s %.3f", a.what, r.area))
			_ = most
		}
	}
	t.Log(text)
	t.Log(time.Since(began))
}
