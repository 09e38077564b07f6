package own

import "slices"

// filter is a set of keys that may say yes of others, too: of one in two hundred
// at most, as long as it does not grow. Each key has a bit in both arrays: one
// is asked at every position, the other only where that says yes.
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

// reader passes over all positions of a text where no needle may begin.
type reader struct {
	texts    *filter // by canonical bytes
	exact    *filter // by the bytes as they are
	short    *filter // by two canonical bytes
	hasShort bool
	seen     uint32 // marks of the bytes up to here
}

// next returns the first position from i on up to which, with three bytes
// before it, the sets may know the bytes; or the length of the text. It has
// nothing in its loop but what each byte needs.
func (r *reader) next(text []byte, i int) int {
	texts, exact, short := r.texts.bits, r.exact.bits, r.short.bits
	textMask, exactMask, shortMask := r.texts.mask, r.exact.mask, r.short.mask
	hasShort, seen := r.hasShort, r.seen
	var key, bare uint32 // the four bytes up to here, canonical and as they are
	for _, b := range text[max(0, i-3):i] {
		key = key>>8 | uint32(canon[b])<<24
		bare = bare>>8 | uint32(b)<<24
	}
	for ; i < len(text); i++ {
		b := text[i]
		of := bytesOf[b]
		seen |= of
		key = key>>8 | of&0xff000000
		bare = bare>>8 | uint32(b)<<24
		h := uint64(key) * first >> 32 & textMask
		if texts[h>>6]&(1<<(h&63)) != 0 && r.texts.has(key) {
			break
		}
		h = uint64(bare) * first >> 32 & exactMask
		if exact[h>>6]&(1<<(h&63)) != 0 && r.exact.has(bare) {
			break
		}
		if !hasShort {
			continue
		}
		h = uint64(key&0xffff) * first >> 32 & shortMask
		if short[h>>6]&(1<<(h&63)) != 0 && r.short.has(key&0xffff) {
			break
		}
	}
	r.seen = seen
	return i
}
