package fault

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// mendTime is longer than the edge takes to see that a damaged stream gives out
// nothing, and then the stream to give it to a store.
const mendTime = 8 * time.Minute

// TestBrokerIsNotTrusted damages the broker in the middle of a run while what
// the store did not confirm is in it: its directory is wiped, or one bit of its
// files flips, once after the edge was killed and once under the running edge.
// Nothing that the agents accepted is lost, or stored twice.
func TestBrokerIsNotTrusted(t *testing.T) {
	t.Parallel()
	r, rounds := random(t), figures.Size(t, 3, 30, 200)
	times, held, kept := 0, 0, 0
	var c tally
	for left := rounds; left > 0; left -= atMost / 4 {
		s := fleet(t)
		ledgers := make([]*rig.Ledger, len(s.Agents))
		reportToAll(t, s.Agents, ledgers, func() {
			for n := range min(left, atMost/4) {
				for _, running := range []bool{false, true} {
					wiped := (n%2 == 0) == running // of two rounds, each way once
					held += damageBroker(t, r, s, running, wiped)
					times++
				}
			}
		})
		kept += c.compare(t, s, ledgers, mendTime)
	}
	if held == 0 {
		t.Error("nothing was in the broker: nothing was tested")
	}
	figures.Report(t, figures.Broker, "%d / %d envelopes / %d of %d records", times, held, kept, c.accepted)
}

// damageBroker ends the store, lets the broker fill, and damages it. It returns
// how many envelopes were in it that no store had seen.
func damageBroker(t *testing.T, r *rand.Rand, s *rig.Split, running, wiped bool) (held int) {
	t.Helper()
	stream := brokerDir(s.Edge.Data)
	s.Store.Kill()
	seen := readCrates(t, stream).last
	least := 1 + r.IntN(6)
	moment, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	for moment.Err() == nil && readCrates(t, stream).after(seen) < least {
		time.Sleep(pace) // between two looks
	}
	if !running {
		s.Edge.Kill()
	}
	held = readCrates(t, stream).after(seen)
	what := "wiped"
	if wiped {
		wipe(t, stream)
	} else {
		what = flipBit(t, r, stream)
	}
	t.Logf("edge runs: %t; in the broker: %d envelopes; %s", running, held, what)
	if !running {
		s.Edge.Start(t)
	}
	s.Store.Start(t)
	restart(s.Agents...)(t) // after a flip nobody may know that something is lost, until the agents' patience ends
	return held
}

// restart ends daemons and starts them.
func restart(daemons ...*rig.Daemon) func(*testing.T) {
	return func(t *testing.T) {
		t.Helper()
		for _, d := range daemons {
			d.Kill()
			d.Start(t)
		}
	}
}

// brokerDir is where a relay on this data directory has its broker.
func brokerDir(data string) string { return filepath.Join(data, "relay", "stream") }

var _ = fmt.Sprint
