package fault

import (
	"math/rand/v2"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/integration/figures"
)

// TestSpoolPowerLoss: power goes after every change that a spool makes to its
// disk, in five ways each, and of what was not synced anything may be there or
// not. Whatever was confirmed is there at the next start, once.
func TestSpoolPowerLoss(t *testing.T) {
	t.Parallel()
	r := random(t)
	histories := figures.Size(t, 50, 1000, 0)
	states, lost := 0, 0
	for i := range histories {
		h := newHistory(t, r, i%5 == 4, 12+r.IntN(24))
		s, l := replayAll(t, r, h)
		states, lost = states+s, lost+l
		if t.Failed() {
			t.Fatalf("in history %d", i)
		}
	}
	figures.Report(t, figures.PowerLoss, "%d (%d states) / %d", histories, states, lost)
}

// replayAll lets the power go after every change of a history. It returns how
// often, and how many confirmed records were lost by it.
func replayAll(t *testing.T, r *rand.Rand, h *history) (states, lost int) {
	t.Helper()
	b, p := newBook(), newPlatter()
	h.book = b
	for i, c := range h.disk.changes {
		if c.told != nil {
			c.told()
			continue
		}
		if i > 0 {
			ways := cuts(r)
			if !p.pending() {
				ways = ways[:1]
			}
			for _, way := range ways {
				states++
				lost += h.recover(p.after(way), b, i, way.name)
				if t.Failed() {
					return states, lost
				}
			}
		}
		p.take(c)
	}
	return states, lost
}

// recover starts on what the power left, twice, and compares with the book.
func (h *history) recover(v *volume, b *book, at int, way string) (lost int) {
	h.t.Helper()
	c := h.config
	c.Disk = v
	for again := range 2 {
		s, err := spool.Open(c)
		if err != nil {
			h.t.Errorf("change %d, %s, start %d: %v", at, way, again+1, err)
			return 0
		}
		found, err := look(s)
		if err == nil {
			lost, err = b.check(found)
		}
		if err != nil || lost > 0 || !h.bounded && found.stats.Dropped > 0 {
			h.t.Errorf("change %d, %s, start %d: %d lost, %+v: %v", at, way, again+1, lost, found.stats, err)
		}
		if err := s.Close(); err != nil {
			h.t.Error(err)
		}
		// What the start itself wrote and did not sync is lost before the next.
		v = v.platter().after(unsyncedGone)
		c.Disk = v
	}
	return lost
}
