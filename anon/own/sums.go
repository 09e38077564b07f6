package own

import "encoding/binary"

// sums are the digests of identifiers: of each 56 bits, with its class and its
// length. A stranger's digest is equal by chance never.
type sums struct {
	slots []uint64 // open addressing, a power of two of them; 0: free
	n     int
}

// Digests are of these sizes, which the last two bits of a slot count.
const sumUnit, sumLeast = 4, 16

// sumBytes is how many bytes of a digest are compared.
const sumBytes = 7

func sumKey(b []byte) uint64 { return binary.BigEndian.Uint64(b) &^ 0xff }

func (s *sums) add(sum []byte, c code) {
	if 2*(s.n+1) > len(s.slots) {
		old := s.slots
		s.slots, s.n = make([]uint64, max(64, 2*len(old))), 0
		for _, v := range old {
			s.put(v)
		}
	}
	s.put(sumKey(sum) | uint64(c)<<3 | uint64((len(sum)-sumLeast)/sumUnit))
}

func (s *sums) put(v uint64) {
	if v == 0 {
		return
	}
	for i := s.slot(v); ; i = (i + 1) & (len(s.slots) - 1) {
		if s.slots[i] == 0 {
			s.slots[i] = v
			s.n++
			return
		}
		if s.slots[i]>>8 == v>>8 {
			return
		}
	}
}

func (s *sums) slot(v uint64) int { return int(v >> 8 & uint64(len(s.slots)-1)) }

// at returns the class and length of the digest that the text begins with.
func (s *sums) at(text []byte) (c code, size int, ok bool) {
	if len(text) <= sumBytes || len(s.slots) == 0 {
		return 0, 0, false
	}
	key := sumKey(text)
	for i := s.slot(key); s.slots[i] != 0; i = (i + 1) & (len(s.slots) - 1) {
		if v := s.slots[i]; v>>8 == key>>8 {
			return code(v >> 3 & 0x1f), sumLeast + sumUnit*int(v&7), true
		}
	}
	return 0, 0, false
}
