package vectors

import (
	"encoding/hex"
	"testing"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// installations are the IDs of all vectors. The first seals the pages.
var installations = []uuid.UUID{
	uuid.MustParse("7d444840-9dc0-41d1-b245-5ffdce74fad2"),
	uuid.MustParse("00000000-0000-4000-8000-000000000000"),
	uuid.MustParse("ffffffff-ffff-4fff-bfff-ffffffffffff"),
	uuid.MustParse("00010203-0405-4607-8809-0a0b0c0d0e0f"),
	uuid.MustParse("f0e1d2c3-b4a5-4697-8879-6a5b4c3d2e1f"),
}

type spokenVector struct {
	UUID    string   `json:"uuid"`
	Spoken  string   `json:"spoken"`
	Accepts []string `json:"accepts"` // other spellings of the same ID
	Refuses []string `json:"refuses"` // what is close and is no ID
}

func TestSpokenIDs(t *testing.T) {
	var vs []spokenVector
	for _, id := range installations {
		v := spokenVector{UUID: id.String(), Spoken: identity.Spoken(id)}
		v.Accepts, v.Refuses = spellings(id, v.Spoken)
		vs = append(vs, v)
		for _, s := range append(v.Accepts, v.Spoken) {
			if got, err := identity.Parse(s); err != nil || got != id {
				t.Errorf("%q is %v, %v; want %v", s, got, err, id)
			}
		}
		for _, s := range v.Refuses {
			if got, err := identity.Parse(s); err == nil {
				t.Errorf("%q is taken for %v", s, got)
			}
		}
	}
	exact(t, "identity.json", "The installation ID as people read it out, in its spellings.", vs)
}

type dayVector struct {
	ID      octets `json:"id"`
	Day     uint32 `json:"day"`
	N       uint32 `json:"n"`
	Tag     octets `json:"tag"`
	Right   octets `json:"erase_right"`
	Witness octets `json:"witness"`
	// Partition that the page goes to.
	Partition uint8 `json:"partition"`
}

// TestKeys freezes what a page is filed and erased by. The keys that never
// leave anon/page are frozen by the pages that they seal.
func TestKeys(t *testing.T) {
	var vs []dayVector
	for _, id := range installations {
		for _, d := range []schema.Day{0, 20778, 20779, 1<<32 - 1} {
			for _, n := range []uint32{0, 1, 256, 1<<32 - 1} {
				vs = append(vs, keysOf(id, d, n))
			}
		}
	}
	exact(t, "keys.json", "Tags, erase rights and witnesses of pages, from the ID, the day and the number.", vs)
}

func keysOf(id uuid.UUID, d schema.Day, n uint32) dayVector {
	root := page.NewRoot(id)
	tag, right := root.Day(d).Tag(n), root.EraseRight(d, n)
	w := right.Witness()
	return dayVector{ID: id[:], Day: uint32(d), N: n, Tag: tag[:], Right: right[:], Witness: w[:],
		Partition: wire.PartitionOf(tag)}
}

// fromHex returns the bytes of a constant.
func fromHex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}
