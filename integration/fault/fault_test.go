// Package fault breaks a running Tacit in the ways that hosts break: the
// process is killed, a byte of its files flips, the broker's disk is gone. It
// shares no code with Tacit: what was accepted stands in a ledger of the test's
// own, and is compared with what a lookup shows afterwards.
//
//	TACIT_RUN=faults   a longer run, and soak a very long one
//	TACIT_SEED=N       the random choices of an earlier run
package fault

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	for _, name := range []string{"DO_NOT_TRACK", "TACIT_TELEMETRY", "TACIT_DATA"} {
		_ = os.Unsetenv(name) // what the user who runs the tests refused is not what is tested
	}
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// random returns the source of a test's choices, and prints its seed.
func random(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("TACIT_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("TACIT_SEED is %q: set it to the number that an earlier run printed", text)
		}
		seed = n
	}
	t.Logf("TACIT_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// finish runs one full cycle on dir and returns the timeline after it.
func finish(t *testing.T, dir string) rig.Timeline {
	t.Helper()
	var cycle struct {
		ID               string `json:"installation_id"`
		Batches, Replies int
		Reason           string
	}
	rig.Tacit(t, "up", "--once", "--json", "--ports", "0", "--data", dir).JSON(t, &cycle)
	if cycle.Batches == 0 || cycle.Replies != cycle.Batches {
		t.Fatalf("up --once: %d replies to %d batches: %s", cycle.Replies, cycle.Batches, cycle.Reason)
	}
	return rig.Lookup(t, dir, cycle.ID)
}
