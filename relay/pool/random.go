package pool

import (
	"crypto/rand"
	"encoding/binary"
)

// cryptoSource lets math/rand/v2 draw from crypto/rand: its Shuffle is an
// unbiased Fisher-Yates over any source. It reads ahead, because a shuffle draws
// once an item.
type cryptoSource struct {
	ahead [512]byte
	left  int // bytes of ahead that were not drawn yet, its last
}

// Uint64 implements [math/rand/v2.Source].
func (s *cryptoSource) Uint64() uint64 {
	if s.left == 0 {
		_, _ = rand.Read(s.ahead[:]) // never fails: it ends the process instead
		s.left = len(s.ahead)
	}
	b := s.ahead[len(s.ahead)-s.left:][:8]
	s.left -= len(b)
	n := binary.LittleEndian.Uint64(b)
	clear(b) // what was drawn is not kept
	return n
}
