package pages

import (
	"bytes"
	"crypto/sha256"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

// Tombstone stands for a page that was erased, whether the store ever had it
// or not:
//
//	SHA-256("tacit/v1/tombstone" | HMAC-SHA256(IX(month), tag)[:16] | witness)[:16]
//
// The first of the two stands in the clear as a row's key and the second under
// the store's wrap, so that tombstones and an older copy of the rows together
// do not tell which pages were erased, and least of all which together.
type Tombstone [16]byte

// Buried is a tombstone and the month of its page.
type Buried struct {
	Month     schema.Month
	Tombstone Tombstone
}

// TombstoneOf returns the tombstone of a page. keys are those of the month of
// its day.
func TombstoneOf(keys db.MonthKeys, tag page.Tag, w page.Witness) Tombstone {
	return tombstone([16]byte(Prefix(keys, tag)), w)
}

// tombstone is [TombstoneOf] for a page whose row is known by the first half of
// its key.
func tombstone(filed [16]byte, w page.Witness) Tombstone {
	b := append(append([]byte("tacit/v1/tombstone"), filed[:]...), w[:]...)
	sum := sha256.Sum256(b)
	return Tombstone(sum[:16])
}

// buried is the tombstones of one month: sorted ones, and a few that came since
// they were sorted. It needs 16 bytes of memory a tombstone.
type buried struct {
	sorted []Tombstone
	fresh  map[Tombstone]struct{}
	last   uint64 // number of the last frame that holds one of them
}

// maxFresh is how many may stay unsorted, beside an eighth of the sorted.
const maxFresh = 4096

func (b *buried) has(t Tombstone) bool {
	if _, ok := b.fresh[t]; ok {
		return true
	}
	_, ok := slices.BinarySearchFunc(b.sorted, t, compareTombstones)
	return ok
}

func (b *buried) add(t Tombstone) {
	if b.fresh == nil {
		b.fresh = map[Tombstone]struct{}{}
	}
	b.fresh[t] = struct{}{}
	if len(b.fresh) > maxFresh+len(b.sorted)/8 {
		b.settle()
	}
}

// settle sorts what came since.
func (b *buried) settle() {
	for t := range b.fresh {
		b.sorted = append(b.sorted, t)
	}
	slices.SortFunc(b.sorted, compareTombstones)
	b.fresh = nil
}

func compareTombstones(a, b Tombstone) int { return bytes.Compare(a[:], b[:]) }
