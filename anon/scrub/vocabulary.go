package scrub

import (
	_ "embed"
	"strings"
	"sync"
)

//go:generate go test -run TestPacked -update

// packed is words.txt as a table that is read where it lies in the binary, so
// that it takes nothing of the heap: slots of three bytes with 19 bits of a
// word's hash and its marks, found by linear probing. About one in 100,000
// texts that are no words is taken for one.
//
//go:embed words.bin
var packed string

// role is what is known of a word.
type role uint32

// The first five are in the table, the rest in the lists of lists.go.
const (
	technical role = 1 << iota // of programs and their messages
	english                    // plain English, and not technical
	named                      // a name of people or places too
	given                      // a usual given name
	special                    // has a role of lists.go, or ends like one

	acronym // of technology: it passes in capitals; the table says both of the first two

	secretWord   // a secret is named behind it
	userWord     // a user
	hostWord     // a host
	personWord   // a person or customer
	authWord     // stands before "for" and a user's name
	plainWord    // may follow such a word and is no name
	goOnWord     // may stand between such a word and the name
	neutralWord  // a value that says that there is none
	schemeWord   // of authorization
	accountWord  // a name of people or accounts
	namingWord   // for, by, from, as, to
	titleWord    // Mr
	introWord    // may stand before a person's name: is, with, met
	quotingWord  // what stands in quotes behind it is a name or value
	extension    // of file names
	codeWord     // extension of program sources
	binaryWord   // extension of programs and libraries
	domainWord   // last label of host names
	countryWord  // the same, of two letters
	unitWord     // of measure
	settingWord  // last part of a setting's name with dots, and of no host's
	settingIntro // may stand before a setting's name
	homeWord     // a directory of homes
	sqlVerb
	sqlClause

	known    = technical | english
	inTable  = known | named | given | special
	markBits = 5
	slotLen  = 3
)

// Start and step of the hash, FNV-1a of 64 bits, over small letters.
const (
	hashStart = 14695981039346656037
	hashPrime = 1099511628211
)

// slot returns where a word's slot is looked for first, of so many, and the
// bits that tell it from others.
func slot(h uint64, slots int) (at int, tell uint32) {
	h ^= h >> 32
	h *= 0x9e3779b97f4a7c15
	return int((h >> 32) * uint64(slots) >> 32), uint32(h>>3) & (1<<(8*slotLen) - 1) &^ (1<<markBits - 1)
}

// marks returns what the table says of the word with this hash: nothing if it
// does not hold it.
func marks(h uint64) role {
	at, tell := slot(h, len(packed)/slotLen)
	for i := at * slotLen; ; i += slotLen {
		if i+slotLen > len(packed) {
			i = 0
		}
		s := packed[i : i+slotLen]
		v := uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16
		if v == 0 { // a word's marks are never none
			return 0
		}
		if v&^(1<<markBits-1) == tell {
			return role(v & (1<<markBits - 1))
		}
	}
}

// roleOf returns what is known of a word in any ASCII case.
func roleOf(w string) role {
	return roleBy(hashOf(w), w)
}

// roleBy is roleOf a word whose hash is known.
func roleBy(h uint64, w string) role {
	r := marks(h)
	if r&known == known {
		r = r&^known | acronym
	}
	if r == 0 || r&special != 0 {
		r |= roles().of(h, w)
	}
	return r
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

func hashOf(w string) uint64 {
	h := uint64(hashStart)
	for i := range len(w) {
		h = (h ^ uint64(fold[w[i]])) * hashPrime
	}
	return h
}

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
