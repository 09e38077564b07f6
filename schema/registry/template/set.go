package template

import "math/bits"

// set is a set of places in a text, from 0 to its length.
type set []uint64

// words returns how many words a set of n places has.
func words(n int) int { return (n + 63) / 64 }

func (s set) has(i int) bool { return s[i/64]>>(i%64)&1 == 1 }
func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i int)   { s[i/64] &^= 1 << (i % 64) }

// next returns the first place from i on, or -1.
func (s set) next(i int) int {
	for w := i / 64; w < len(s); w++ {
		word := s[w]
		if w == i/64 {
			word &= ^uint64(0) << (i % 64)
		}
		if word != 0 {
			return w*64 + bits.TrailingZeros64(word)
		}
	}
	return -1
}

// last returns the last place, or -1.
func (s set) last() int {
	for w := len(s) - 1; w >= 0; w-- {
		if s[w] != 0 {
			return w*64 + 63 - bits.LeadingZeros64(s[w])
		}
	}
	return -1
}

// each calls do with every place, in order.
func (s set) each(do func(i int)) {
	for i := s.next(0); i >= 0; i = s.next(i + 1) {
		do(i)
	}
}

// and keeps what is also in the other.
func (s set) and(other set) {
	for i := range s {
		s[i] &= other[i]
	}
}
