package scrub

// fact is what was found out about a unit that stayed and holds wherever it
// stands: logs say the same words again and again.
type fact struct {
	key
	role  role   // as keyRole returns it
	class uint16 // of all its bytes
	stays uint8  // where it does: staysPlain and the like
	minds uint8  // behind which words it is to be judged anew: mindsNaming and the like
}

// A unit may stay as it is, where words written together are judged one by one,
// because it is known; behind any word that it does not mind; and so between
// spaces and signs of the sentence only, where it announces no value.
const (
	staysPlain uint8 = 1 << iota
	staysLoose
	staysKnown
	staysCalm
	staysApart
)

// Bounds of what is remembered: bytes of a unit, and how many of them, for single
// lines (24 KiB) and for a stream's (192 KiB).
const (
	maxFact     = 32
	lineFacts   = 1 << 9
	streamFacts = 1 << 12
)

// facts are those of the last units, found by a hash: as many as a power of two.
// Only units that stayed are remembered, so nothing is that does not stand in
// what is written.
type facts []fact

// key is a unit's bytes, as numbers of eight of them. Behind the last are zeros,
// which no line has.
type key struct{ first, second, third, fourth uint64 }

// keyAt returns the key of s[from:to], unless that is too long for one.
func keyAt(s string, from, to int) (k key, ok bool) {
	if to-from > maxFact {
		return k, false
	}
	for _, part := range [...]*uint64{&k.first, &k.second, &k.third, &k.fourth} {
		if from+8 > to {
			*part = lastBytes(s, from, to)
			break
		}
		*part = eight(s[from:])
		from += 8
	}
	return k, true
}

// at returns where the fact of a unit is or belongs.
func (f facts) at(k *key) *fact {
	h := (k.first ^ k.second<<1 ^ k.third<<2 ^ k.fourth<<3) * hashStep
	return &f[h>>40&uint64(len(f)-1)]
}

// is reports whether this is the fact of a unit.
func (f *fact) is(k *key) bool { return f.key == *k }

// keep remembers where a unit stays. r is its role, c are its classes.
func (f *fact) keep(u string, r role, c uint16, stays uint8) {
	k, _ := keyAt(u, 0, len(u))
	if f.is(&k) {
		f.stays |= stays
	} else {
		*f = fact{key: k, stays: stays, role: r, class: c}
	}
	if f.stays&(staysPlain|staysKnown) != 0 {
		f.stays |= calmness(u, f.role, c)
		f.minds = mindsOf(f.role, c)
	}
}
