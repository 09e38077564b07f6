package own

import "slices"

// filter is a set of keys that may say yes of others, too: of one in two hundred
// at most, as long as it does not grow. Each key has a bit in both arrays: the
// second is asked only where the first says yes.
type filter struct {
	bits, more []uint64
	mask       uint64 // of the number of a bit
	n          int    // keys
}

func newFilter(log uint) filter {
	return filter{bits: make([]uint64, 1<<log/64), more: make([]uint64, 1<<log/64), mask: 1<<log - 1}
}

// Factors of multiplicative hashes: of chains, and of the bits in both arrays.
// The numbers of bits are in the upper half of the product, which depends on all
// of the key.
const (
	knuth  = 0x9e3779b1
	first  = 0x9e3779b97f4a7c15
	second = 0xc2b2ae3d27d4eb4f
)

func (f *filter) add(key uint32) {
	if f.has(key) {
		return
	}
	h, h2 := uint64(key)*first>>32&f.mask, uint64(key)*second>>32&f.mask
	f.bits[h/64] |= 1 << (h % 64)
	f.more[h2/64] |= 1 << (h2 % 64)
	if f.n++; f.n > 4*len(f.bits) {
		f.grow()
	}
}

func (f *filter) has(key uint32) bool {
	h, h2 := uint64(key)*first>>32&f.mask, uint64(key)*second>>32&f.mask
	return f.bits[h/64]&(1<<(h%64)) != 0 && f.more[h2/64]&(1<<(h2%64)) != 0
}

// grow makes the filter four times as large. It says yes of all that it did
// before: a number of more bits ends in the same ones.
func (f *filter) grow() {
	f.bits, f.more = slices.Repeat(f.bits, 4), slices.Repeat(f.more, 4)
	f.mask = f.mask<<2 | 3
}

// sieve is what every position of a text is asked first, and most are done with:
// two bits in one word for each key of the other sets, as canonical bytes, and a
// bit for each two bytes that a short needle begins with.
type sieve struct {
	bits  []uint64
	mask  uint64 // of the number of a word
	n     int
	pairs [1 << 16 / 64]uint64
}

func newSieve(log uint) *sieve { return &sieve{bits: make([]uint64, 1<<log/64), mask: 1<<log/64 - 1} }

func (v *sieve) add(key uint32) {
	key = canonicalKey(key)
	h := uint64(key) * first
	at, bits := h>>38&v.mask, sieveBits(h)
	if v.bits[at]&bits == bits {
		return
	}
	v.bits[at] |= bits
	if v.n++; v.n > 4*len(v.bits) {
		v.bits, v.mask = slices.Repeat(v.bits, 4), v.mask<<2|3 // as filter.grow
	}
}

// sieveBits returns the two bits of a key with this hash.
func sieveBits(h uint64) uint64 { return 1<<(h>>32&63) | 1<<(h>>26&63) }

func (v *sieve) addPair(key uint32) { v.pairs[key>>6] |= 1 << (key & 63) }

func (v *sieve) hasPair(key uint32) bool { return v.pairs[key>>6&(1<<10-1)]&(1<<(key&63)) != 0 }

// canonicalKey returns the key of the same four bytes in canonical form.
func canonicalKey(key uint32) uint32 {
	return uint32(canon[key&0xff]) | uint32(canon[key>>8&0xff])<<8 | uint32(canon[key>>16&0xff])<<16 | uint32(canon[key>>24])<<24
}

// reader passes over all positions of a text where no needle may begin.
type reader struct {
	sieve *sieve
	texts *filter // by canonical bytes
	exact *filter // by the bytes as they are
	seen  uint32  // marks of the bytes up to here
}

// next returns the first position from i on up to which, with three bytes
// before it, the sets may know the bytes; or the length of the text. It has
// nothing in its loop but what each byte needs.
func (r *reader) next(text []byte, i int) int {
	bits, mask, pairs := r.sieve.bits, r.sieve.mask, &r.sieve.pairs
	seen := r.seen
	var key uint32 // the four bytes up to here, canonical
	for _, b := range text[max(0, i-3):i] {
		key = key>>8 | uint32(canon[b])<<24
	}
	for ; i < len(text); i++ {
		of := bytesOf[text[i]]
		seen |= of
		key = key>>8 | of&0xff000000
		h := uint64(key) * first
		if of := sieveBits(h); bits[h>>38&mask]&of == of && r.has(key, text, i) || pairs[key>>6&(1<<10-1)]&(1<<(key&63)) != 0 {
			break
		}
	}
	r.seen = seen
	return i
}

// has reports whether the sets may know the four bytes up to i.
func (r *reader) has(key uint32, text []byte, i int) bool {
	return r.texts.has(key) || i >= 3 && r.exact.has(keyOf(text[i-3:i+1]))
}
