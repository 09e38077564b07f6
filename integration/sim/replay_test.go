package sim_test

import (
	"reflect"
	"testing"
)

// TestReplay: a seed is all that decides. Simulated again, it decides the same,
// the same bytes pass on the same wires at the same moments, and the verdict is
// the same.
//
// What a seed does not decide is the moment of the server's pings, which no
// trace counts, and the order of two things that happen in one moment on two
// machines. Parts begin at moments of their own, so that this is rare; where it
// happens, traces may differ and plans may not.
func TestReplay(t *testing.T) {
	if inside {
		simulate(t, 0, partition)
		return
	}
	atOnce(t)
	const seeds = 6
	first, second := simulate(t, seeds, partition), simulate(t, seeds, partition)
	again := map[uint64]*verdict{}
	for _, v := range second {
		if v != nil {
			again[v.Seed] = v
		}
	}
	same := 0
	for _, v := range first {
		if v == nil || again[v.Seed] == nil {
			continue // it has failed, and says so
		}
		if v.Plan != again[v.Seed].Plan || !reflect.DeepEqual(v.Account, again[v.Seed].Account) {
			t.Errorf("seed %d decides otherwise the second time:\n%+v\n%+v", v.Seed, *v, *again[v.Seed])
		}
		if v.Trace == again[v.Seed].Trace {
			same++
		}
	}
	t.Logf("%d of %d traces are the same to the byte", same, seeds)
	if same < seeds/2 {
		t.Errorf("%d of %d traces are the same: a seed does not replay", same, seeds)
	}
}
