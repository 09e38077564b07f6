package fault

import (
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// atMost is how often processes are killed over one set of directories: a
// ledger and a timeline without end would be compared for longer than anything
// was killed.
const atMost = 100

// TestNothingAcceptedIsLost kills `tacit up`, and the broker in it, at random
// moments of its life, from exec on, while products report; some lives end with
// Ctrl-C instead. At the end every record that was answered "accepted" is in the
// timeline and in the sums, once.
func TestNothingAcceptedIsLost(t *testing.T) {
	t.Parallel()
	r, kills := random(t), figures.Size(t, 10, 100, 1000)
	var c tally
	for left := kills; left > 0; left -= atMost {
		dir, ledger := rig.Dir(t), newLedger()
		report(t, dir, ledger, func() {
			for n := min(left, atMost); n > 0; {
				p := rig.Tacit(t, "up", "--ports", "0", "--data", dir).Start(t, dir)
				time.Sleep(life(r))
				if r.IntN(8) == 0 {
					p.Interrupt(t)
					continue
				}
				p.Kill()
				n--
			}
		})
		tl := finish(t, dir)
		c.rollups(t, filepath.Join(dir, "store"), c.pages(t, ledger, tl))
	}
	figures.Report(t, figures.Kill, "%d of up / %d / %d / %d", kills, c.accepted, c.lost, c.double)
}

// life is how long a process lives: seldom longer than its start takes, or a
// round of sending, and now and then some rounds.
func life(r *rand.Rand) time.Duration {
	const usual, longest = 400 * time.Millisecond, 4 * time.Second
	return min(longest, time.Duration(r.ExpFloat64()*float64(usual)))
}
