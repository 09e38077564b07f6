package scrub

import (
	_ "embed"
	"math/bits"
	"strings"
	"sync"
)

//go:generate go test -run TestPacked -update

// packed is words.txt and the words of lists.go as a table that is read where
// it lies in the binary, so that it takes nothing of the heap: a perfect hash
// (hash and displace). A word belongs to a bucket, whose number says in which
// slot each of its words is: three bytes with 19 bits of its hash and its marks.
// About one in 500,000 texts that are no words is taken for one.
//
//go:embed words.bin
var packed string

// role is what is known of a word.
type role uint64

// The first five are in the table, the rest in the lists of lists.go.
const (
	technical role = 1 << iota // of programs and their messages
	english                    // plain English, and not technical
	named                      // a name of people or places too
	given                      // a usual given name
	special                    // has a role of lists.go, or ends like one

	acronym // of technology: it passes in capitals; the table says both of the first two

	secretWord    // a secret is named behind it
	userWord      // a user
	hostWord      // a host
	personWord    // a person or customer
	authWord      // stands before "for" and a user's name
	plainWord     // may follow such a word and is no name
	goOnWord      // may stand between such a word and the name
	neutralWord   // a value that says that there is none
	schemeWord    // of authorization
	accountWord   // a name of people or accounts
	namingWord    // for, by, from, as, to
	titleWord     // Mr
	introWord     // may stand before a person's name: is, with, met
	quotingWord   // what stands in quotes behind it is a name or value
	placeWord     // as a key, a host or what is called like one is its value
	linkWord      // to, from or on a host may follow it: connected
	dialWord      // to or from a host follows it: connected
	genericWord   // a kind of thing that one connects to, and none\'s name
	towardWord    // to, from, on
	reachWord     // a host may follow it at once: lookup, peer
	lookupWord    // a name that is looked up may follow it
	hostPart      // a host's name may begin with it: db, mail
	rankWord      // and this may stand behind: primary, east
	attributeWord // of a directory's entry
	machineWord   // a kind of machine: server
	serviceWord   // last part of the name of a service manager's unit
	levelWord     // of a log line
	codeStart     // what documented codes begin with: ORA-00942
	countedWord   // what stands behind it with a colon is a number: line, port
	extension     // of file names
	codeWord      // extension of program sources
	binaryWord    // extension of programs and libraries
	domainWord    // last label of host names
	countryWord   // the same, of two letters
	unitWord      // of measure
	settingWord   // last part of a setting's name with dots, and of no host's
	settingIntro  // may stand before a setting's name
	homeWord      // a directory of homes
	sqlVerb
	sqlClause

	known    = technical | english
	inTable  = known | named | given | special
	markBits = 5
)

// The table has the numbers of all buckets first, then all slots.
const (
	numberLen   = 2
	slotLen     = 3
	bucketSlots = 5 // for each bucket
	bucketLen   = numberLen + bucketSlots*slotLen
)

// buckets is how many the table has.
var buckets = len(packed) / bucketLen

// hashStep mixes the bits of a hash.
const hashStep = 0x9e3779b97f4a7c15

// hashAt returns the hash of s[from:to] in small letters.
func hashAt(s string, from, to int) uint64 {
	h := uint64(to - from)
	for ; to-from > 8; from += 8 {
		h = mixed(h ^ small(eight(s[from:])))
	}
	return mixed(h ^ small(lastBytes(s, from, to)))
}

// lastBytes returns up to eight bytes, the first one lowest.
func lastBytes(s string, from, to int) (w uint64) {
	if from+8 <= len(s) {
		return eight(s[from:]) & (1<<(8*uint(to-from)) - 1)
	}
	if to >= 8 {
		return eight(s[to-8:]) >> (64 - 8*uint(to-from))
	}
	for i := to - 1; i >= from; i-- {
		w = w<<8 | uint64(s[i])
	}
	return w
}

// eightFrom returns the eight bytes at i, zeros for those behind the end.
func eightFrom(s string, i int) uint64 {
	if i+8 <= len(s) {
		return eight(s[i:])
	}
	return lastBytes(s, i, len(s))
}

func hashOf(w string) uint64 { return hashAt(w, 0, len(w)) }

// mixed returns a number of which each bit depends on all of h.
func mixed(h uint64) uint64 {
	high, low := bits.Mul64(h^0xc2b2ae3d27d4eb4f, hashStep)
	return high ^ low
}

// small makes small letters of the ASCII capitals among eight bytes.
func small(w uint64) uint64 {
	const ones = 0x0101010101010101
	low := w & (0x7f * ones)
	capitals := (low + (0x80-'A')*ones) &^ (low + (0x7f-'Z')*ones) &^ w & (0x80 * ones)
	return w | capitals>>2
}

// bucketOf returns the bucket of the word with this hash, of so many.
func bucketOf(h uint64, buckets int) int { return int((h >> 32) * uint64(buckets) >> 32) }

// slotOf returns the slot of the word with this hash in a bucket with this
// number, of so many slots.
func slotOf(h, number uint64, slots int) int {
	return int((h * hashStep * (2*number + 1) >> 32) * uint64(slots) >> 32)
}

// marks returns what the table says of the word with this hash: nothing if it
// does not hold it.
func marks(h uint64) role {
	at := numberLen * bucketOf(h, buckets)
	number := uint64(packed[at]) | uint64(packed[at+1])<<8
	at = numberLen*buckets + slotLen*slotOf(h, number, bucketSlots*buckets)
	s := packed[at : at+slotLen]
	v := uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16
	if (v^uint32(h))&(1<<(8*slotLen)-1)>>markBits != 0 {
		return 0
	}
	return role(v & (1<<markBits - 1))
}

// roleOf returns what is known of a word in any ASCII case.
func roleOf(w string) role {
	return roleBy(hashOf(w), w)
}

// roleBy is roleOf a word whose hash is known.
func roleBy(h uint64, w string) role { return roleIn(marks(h), h, w) }

// roleIn is roleOf a word whose marks are known, too.
func roleIn(r role, h uint64, w string) role {
	if r&known == known {
		r = r&^known | acronym
	}
	if r&special != 0 {
		if r == special { // in the lists only
			r = 0
		}
		r |= roles().of(h, w)
	}
	return r
}

// numberRole is roleOf a number.
func numberRole(u string) role {
	if u == "386" {
		return technical // a machine
	}
	return 0
}

// roleTable holds the words of lists.go, exactly.
type roleTable struct {
	slots [4096]uint16 // index of entry + 1, or 0
	words []string
	roles []role
}

var roles = sync.OnceValue(func() *roleTable {
	t := &roleTable{}
	for _, l := range lists {
		for w := range strings.FieldsSeq(l.words) {
			t.add(w, l.role)
		}
	}
	return t
})

func (t *roleTable) find(h uint64, w string) (slot uint32, entry int) {
	for slot = uint32(h ^ h>>32); ; slot++ {
		e := int(t.slots[slot%uint32(len(t.slots))]) - 1
		if e < 0 || equal(w, t.words[e]) {
			return slot % uint32(len(t.slots)), e
		}
	}
}

func (t *roleTable) add(w string, r role) {
	s, e := t.find(hashOf(w), w)
	if e >= 0 {
		t.roles[e] |= r
		return
	}
	t.words, t.roles = append(t.words, w), append(t.roles, r)
	t.slots[s] = uint16(len(t.words))
}

func (t *roleTable) of(h uint64, w string) role {
	if _, e := t.find(h, w); e >= 0 {
		return t.roles[e]
	}
	return 0
}

// Known reports whether a small-letter word passes the gate of plain text, so
// common in technical text or plain language that it identifies nobody by
// itself. It may be somebody's name all the same, and then goes where somebody
// is named.
func Known(word string) bool { return len(word) > 1 && roleOf(word)&known != 0 }
