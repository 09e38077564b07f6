package pool

import (
	"crypto/rand"
	"encoding/binary"
)

// cryptoSource lets math/rand/v2 draw from crypto/rand: its Shuffle is an
// unbiased Fisher-Yates over any source.
type cryptoSource struct{}

// Uint64 implements [math/rand/v2.Source].
func (cryptoSource) Uint64() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the process instead
	return binary.LittleEndian.Uint64(b[:])
}
