package own

import (
	"encoding/binary"
	"slices"
)

// filter is a set of keys of four bytes that may say yes of others, too. A key has
// a bit of its own, and one for each three bytes in a row that it has: whoever
// looks at three bytes at every other position passes by none.
type filter struct {
	threes, keys []uint64
	mask         uint64 // of the number of a bit
	n            int    // keys
}

func newFilter(log uint) filter {
	return filter{threes: make([]uint64, 1<<log/64), keys: make([]uint64, 1<<log/64), mask: 1<<log - 1}
}

// Factors of multiplicative hashes: of chains, and of the bits in both arrays.
// The numbers of bits are in the upper half of the product, which depends on all
// of the key.
const (
	knuth  = 0x9e3779b1
	first  = 0x9e3779b97f4a7c15
	second = 0xc2b2ae3d27d4eb4f
)

// low has the first three bytes of a key.
const low = 1<<24 - 1

// add adds a key that stands where the canonical one does.
func (f *filter) add(canonical, key uint32) {
	if f.may(canonical) && f.has(key) {
		return
	}
	for _, three := range [...]uint32{canonical & low, canonical >> 8} {
		h := uint64(three) * first >> 32 & f.mask
		f.threes[h/64] |= 1 << (h % 64)
	}
	h := uint64(key) * second >> 32 & f.mask
	f.keys[h/64] |= 1 << (h % 64)
	if f.n++; f.n > 4*len(f.keys) {
		f.grow()
	}
}

// may asks the first array about a canonical key.
func (f *filter) may(canonical uint32) bool {
	h, h2 := uint64(canonical&low)*first>>32&f.mask, uint64(canonical>>8)*first>>32&f.mask
	return f.threes[h/64]&(1<<(h%64)) != 0 && f.threes[h2/64]&(1<<(h2%64)) != 0
}

// has asks the second array about a key.
func (f *filter) has(key uint32) bool {
	h := uint64(key) * second >> 32 & f.mask
	return f.keys[h/64]&(1<<(h%64)) != 0
}

// grow makes the filter four times as large. It says yes of all that it did
// before: a number of more bits ends in the same ones.
func (f *filter) grow() {
	f.threes, f.keys = slices.Repeat(f.threes, 4), slices.Repeat(f.keys, 4)
	f.mask = f.mask<<2 | 3
}

// reader passes over all positions of a text where no needle may begin.
type reader struct {
	starts *filter // by canonical bytes, and by these or, turned over, the bytes as they are
	short  *pairs  // nil: there are no short needles
	seen   uint32  // marks of the bytes up to here
}

// next returns the first position from i on up to which, with three bytes
// before it, the sets may know the bytes; or the length of the text. It has
// nothing in its loop but what each two bytes need.
func (r *reader) next(text []byte, i int) int {
	if r.short != nil {
		return r.nextShort(text, i)
	}
	threes, mask, seen := r.starts.threes, r.starts.mask, r.seen
	i = max(0, i-1) // what ends at i has its last three bytes around this one
	key := keyBefore(text, i)
	for ; i+1 < len(text); i += 2 {
		a, b := bytesOf[text[i]], bytesOf[text[i+1]]
		seen |= a | b
		key = key>>16 | a>>8&0xff0000 | b&0xff000000
		h := uint64(key>>8) * first >> 32 & mask
		if threes[h>>6]&(1<<(h&63)) == 0 {
			continue
		}
		if r.begins(key, text, i+1) {
			r.seen = seen
			return i + 1
		}
		if i+2 < len(text) && r.begins(key>>8|bytesOf[text[i+2]]&0xff000000, text, i+2) {
			r.seen = seen
			return i + 2
		}
	}
	if i < len(text) {
		seen |= bytesOf[text[i]]
	}
	r.seen = seen
	return len(text)
}

// nextShort is next where there are short needles, too.
func (r *reader) nextShort(text []byte, i int) int {
	threes, mask, seen := r.starts.threes, r.starts.mask, r.seen
	key := keyBefore(text, i)
	for ; i < len(text); i++ {
		of := bytesOf[text[i]]
		seen |= of
		key = key>>8 | of&0xff000000
		h := uint64(key>>8) * first >> 32 & mask
		if threes[h>>6]&(1<<(h&63)) != 0 && r.begins(key, text, i) || r.short.has(key) {
			break
		}
	}
	r.seen = seen
	return i
}

// begins asks further of the four bytes up to i, and their canonical key.
func (r *reader) begins(canonical uint32, text []byte, i int) bool {
	if i < minNeedle-1 {
		return false
	}
	key := binary.LittleEndian.Uint32(text[i-3 : i+1])
	return (r.starts.has(canonical) || r.starts.has(^key)) && r.starts.may(canonical)
}

// keyBefore returns the canonical key of the bytes before i.
func keyBefore(text []byte, i int) (key uint32) {
	for _, b := range text[max(0, i-3):i] {
		key = key>>8 | uint32(canon[b])<<24
	}
	return key
}

// pairs is a set of two canonical bytes.
type pairs [1 << 16 / 64]uint64

func (p *pairs) add(key uint32) { p[key>>6] |= 1 << (key & 63) }

// has reports whether the set has the first two bytes of a key.
func (p *pairs) has(key uint32) bool { return p[key>>6&1023]&(1<<(key&63)) != 0 }
