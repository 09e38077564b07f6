package fault

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/figures"
	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestFlippedBitsInTheStore flips one bit of a store's files at a time, and
// halves files and zeroes pages of them beside it. Each time the store is
// verified and started, in random order. Either one of them says that something
// is wrong, or all is there as it was: every record by its ID, every row, every
// key and count, and what was erased stays away. Everything else is silent.
func TestFlippedBitsInTheStore(t *testing.T) {
	t.Parallel()
	bits := figures.Size(t, 50, 1000, 0)
	r, s := random(t), fullStore(t)
	tally := tallyOf{}
	for i := range bits + bits/5 {
		harm := flipBit
		if i >= bits {
			harm = []harming{halve, zeroPage}[i%2]
		}
		seed := rand.NewPCG(r.Uint64(), 0)
		t.Run("", func(t *testing.T) {
			t.Parallel()
			tally.add(s.hurt(t, rand.New(seed), harm))
		})
	}
	t.Cleanup(func() { tally.report(t) })
}
