package sim_test

import (
	"testing"
)

// TestReplay: a seed is all that decides. Simulated again it decides the same,
// and the same bytes pass on the same wires at the same moments.
//
// What a seed does not decide is the moment of the server's pings, which no
// trace counts, and who is first of two that are ready in one moment: that is
// the scheduler's, which looks at the machine's load when a file is written. So
// a seed gets a few tries to repeat what it did; the plan is the same in each.
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
	for seed, again := range repeated {
		t.Logf("seed %d: %d different traces", seed, len(traces[seed]))
		if !again {
			t.Errorf("seed %d never did the same twice in %d tries", seed, tries)
		}
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
