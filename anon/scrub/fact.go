package scrub

// fact is what was found out about a unit that stayed and holds wherever it
// stands: logs say the same words again and again.
type fact struct {
	text  [maxFact]byte
	size  uint8
	stays uint8 // where it does: staysPlain, staysLoose
	role  role  // as keyRole returns it
}

// A unit may stay as it is, and where words written together are judged one by
// one.
const (
	staysPlain uint8 = 1 << iota
	staysLoose
)

// Bounds of what is remembered: bytes of a unit, and how many of them, 20 KiB.
const (
	maxFact  = 34
	allFacts = 512
)

// facts are those of the last units, found by a hash. Only units that stayed are
// remembered, so nothing is that does not stand in what is written.
type facts [allFacts]fact

// of returns where the fact of the unit s[from:to] is, or would be, and whether
// it is there.
func (f *facts) of(s string, from, to int) (at *fact, ok bool) {
	at = &f[unitHash(s, from, to)%allFacts]
	return at, at.isOf(s[from:to])
}

// unitHash hashes the first and the last eight bytes of s[from:to].
func unitHash(s string, from, to int) uint64 {
	h := lastBytes(s, max(from, to-8), to)
	if to-from > 8 {
		h ^= eight(s[from:]) * hashStep
	}
	return (h + uint64(to-from)) * hashStep >> 32
}

func (f *fact) isOf(u string) bool { return int(f.size) == len(u) && string(f.text[:f.size]) == u }

// keep remembers that a unit stayed.
func (f *fact) keep(u string, r role, where uint8) {
	if f.isOf(u) {
		f.stays |= where
		return
	}
	*f = fact{size: uint8(len(u)), stays: where, role: r}
	copy(f.text[:], u)
}
