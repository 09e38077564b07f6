package sim_test

import (
	"testing"
)

// TestReplay: a seed is all that decides. Simulated again it decides the same,
// and the same bytes pass on the same wires at the same moments.
//
// What a seed does not decide is the moment of the server's pings, which no
// trace counts, and who is first of two that are ready in one moment: that is
// the scheduler's, which goes on with somebody else when a file takes long to
// write. On an idle machine nearly all traces are the same; on a busy one a seed
// needs a few tries to repeat what it did, and not every seed does. The plan is
// the same in each.
func TestReplay(t *testing.T) {
	if inside {
		simulate(t, 0, partition)
		return
	}
	atOnce(t)
	const seeds, tries = 6, 6
	plans, traces, repeated := map[uint64]string{}, map[uint64]map[string]bool{}, map[uint64]bool{}
	for range tries {
		for _, v := range simulate(t, seeds, partition) {
			if v == nil {
				continue // it has failed, and says so
			}
			if plans[v.Seed] == "" {
				plans[v.Seed], traces[v.Seed] = v.Plan, map[string]bool{}
			}
			if v.Plan != plans[v.Seed] {
				t.Errorf("seed %d decides otherwise the second time", v.Seed)
			}
			repeated[v.Seed] = repeated[v.Seed] || traces[v.Seed][v.Trace]
			traces[v.Seed][v.Trace] = true
		}
		if len(repeated) > 0 && all(repeated) {
			break
		}
	}
	same := 0
	for seed, again := range repeated {
		t.Logf("seed %d: %d different traces", seed, len(traces[seed]))
		if again {
			same++
		}
	}
	if same < seeds/2 {
		t.Errorf("%d of %d seeds did the same twice in %d tries", same, seeds, tries)
	}
}

func all(said map[uint64]bool) bool {
	for _, yes := range said {
		if !yes {
			return false
		}
	}
	return true
}
