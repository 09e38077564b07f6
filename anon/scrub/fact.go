package scrub

// fact is what was found out about a unit that stayed and holds wherever it
// stands: logs say the same words again and again.
type fact struct {
	key
	stays uint8 // where it does: staysPlain and the like
	role  role  // as keyRole returns it
	minds role  // of the word before: behind one of these it is to be judged anew
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

// Bounds of what is remembered: bytes of a unit, and how many of them, 28 KiB.
const (
	maxFact  = 24
	allFacts = 512
)

// facts are those of the last units, found by a hash. Only units that stayed are
// remembered, so nothing is that does not stand in what is written.
type facts [allFacts]fact

// key is a unit's bytes, as numbers of eight of them: the first, the last, and
// those between. They may overlap.
type key struct {
	first, last, between uint64
	size                 uint8
}

// keyAt returns the key of s[from:to], unless that is too long for one.
func keyAt(s string, from, to int) (k key, ok bool) {
	n := to - from
	k.size = uint8(n)
	switch {
	case n <= 8:
		k.first = lastBytes(s, from, to)
	case n <= 16:
		k.first, k.last = eight(s[from:]), eight(s[to-8:])
	case n <= maxFact:
		k.first, k.between, k.last = eight(s[from:]), eight(s[from+8:]), eight(s[to-8:])
	default:
		return k, false
	}
	return k, true
}

// at returns where the fact of a unit is or belongs.
func (f *facts) at(k *key) *fact {
	return &f[((k.first^k.last<<1^k.between<<2)+uint64(k.size))*hashStep>>32%allFacts]
}

func (f *fact) is(k *key) bool {
	return f.first == k.first && f.last == k.last && f.between == k.between && f.size == k.size
}

// keep remembers where a unit stays. r is its role, c are its classes.
func (f *fact) keep(u string, r role, c uint16, stays uint8) {
	k, _ := keyAt(u, 0, len(u))
	if f.is(&k) {
		f.stays |= stays
	} else {
		*f = fact{key: k, stays: stays, role: r}
	}
	if f.stays&(staysPlain|staysKnown) != 0 {
		f.stays |= calmness(u, f.role, c)
		f.minds = mindsOf(f.role, c)
	}
}
