//go:build linux

// Package bench measures what the design promises about Tacit as a user meets
// it: how long one full cycle takes, how fast the checkbox works, how heavy and
// slow the console's pages are, what the daemons cost while they wait, and
// whether the commands that look after a store do what they say on a large one.
// The benchmarks report figures and assert none; the tests assert what is done,
// and never how fast.
package bench

import (
	"os"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/bench/fleet"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	fleet.Main()
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// BenchmarkUpOnce is one full cycle from exec to the replies, on a fresh data
// directory each time.
func BenchmarkUpOnce(b *testing.B) {
	rig.Binary(b, "tacit")
	for b.Loop() {
		var cycle struct{ Batches, Replies int }
		rig.Tacit(b, "up", "--once", "--json", "--ports", "0", "--data", rig.Dir(b)).JSON(b, &cycle)
		if cycle.Replies == 0 || cycle.Replies != cycle.Batches {
			b.Fatalf("%d replies to %d batches", cycle.Replies, cycle.Batches)
		}
	}
}
