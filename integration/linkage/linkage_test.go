// Package linkage tries to link what Tacit keeps apart: who sent with what
// arrived, two pages of one installation, and pages with fragments.
//
// The first attacker watches both sides of a real relay: every envelope that a
// connection puts at its door, and every envelope of the crates behind its pool,
// each with its time, size and order. He says which connection an envelope came
// from, as well as anybody can who sees only that.
//
// The second attacker has the store's disk: every file of a real store, and the
// relay's stream, with their times and their logs, and no keys. The rows came in
// through the real relay and the real ingest, from a fleet with habits of its
// own: office hours in three time zones, hosts that never sleep and hosts that
// hardly wake, three versions of the agent. He knows which rows belong together
// for half of the installations, learns from that which features tell, and is
// asked about the other half. He reads Badger's files by himself and shares no
// code with the store.
//
// Both have a control: with the order of arrival in hand, which a store must not
// keep, the second attacker links; with a pool that does not mix, the first one
// names the sender.
package linkage

import (
	cryptorand "crypto/rand"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// seeded returns the randomness of a test. The seed is printed, and
// TACIT_SEED=n repeats its choices.
func seeded(t testing.TB) *rand.Rand {
	t.Helper()
	var b [8]byte
	_, _ = cryptorand.Read(b[:]) // never returns an error
	seed := binary.BigEndian.Uint64(b[:]) >> 16
	if text := os.Getenv("TACIT_SEED"); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("TACIT_SEED is %q: set it to a number", text)
		}
		seed = n
	}
	t.Logf("TACIT_SEED=%d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}
