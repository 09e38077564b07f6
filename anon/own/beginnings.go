package own

import "encoding/binary"

// beginnings are sets of what identifiers begin with, by which the scout passes by
// text. They say yes of others, too.
type beginnings struct {
	threes [1 << threeBits / 64]uint64 // three bytes in a row that beginnings have
	sixes  [1 << sixBits / 64]uint64   // and six digits of hex
	n      int                         // threes
}

// Sizes of the sets, as powers of two of their bits: 32 KiB, of which an ordinary
// host fills a fiftieth, and 8 KiB.
const (
	threeBits = 18
	sixBits   = 16
)

// threeBit is the number of the bit of the three lowest bytes of a word.
func threeBit(three uint64) uint64 { return three & low * first >> (64 - threeBits) }

// sixBit is the number of the bit of the six lowest bytes of a word, each the value
// of a digit. Capitals are told from small letters by a bit that all have here.
func sixBit(six uint64) uint64 { return (six | 2*ones) << 16 * first >> (64 - sixBits) }

func (b *beginnings) hasThree(three uint64) bool {
	h := threeBit(three)
	return b.threes[h/64]&(1<<(h%64)) != 0
}

// hasAny reports whether it has any of four threes in nine bytes, each two apart.
func (b *beginnings) hasAny(eight uint64, ninth byte) bool {
	return b.hasThree(eight) || b.hasThree(eight>>16) || b.hasThree(eight>>32) || b.hasThree(eight>>48|uint64(ninth)<<16)
}

func (b *beginnings) hasSix(six uint64) bool {
	h := sixBit(six)
	return b.sixes[h/64]&(1<<(h%64)) != 0
}

// isFull reports whether they say yes of so much that asking is no use, as with
// thousands of values of Never.
func (b *beginnings) isFull() bool { return b.n > 1<<threeBits*3/4 }

// meant has for each canonical byte all that it stands for.
var meant = func() (t [256][]byte) {
	for i, c := range canon {
		t[c] = append(t[c], byte(i))
	}
	return t
}()

// anyByte has all of them.
var anyByte = func() (t []byte) {
	for i := range 256 {
		t = append(t, byte(i))
	}
	return t
}()

// addThrees adds all threes of which each byte is one of these.
func (b *beginnings) addThrees(first, second, third []byte) {
	for _, x := range first {
		for _, y := range second {
			for _, z := range third {
				if three := uint64(x) | uint64(y)<<8 | uint64(z)<<16; !b.hasThree(three) {
					h := threeBit(three)
					b.threes[h/64] |= 1 << (h % 64)
					b.n++
				}
			}
		}
	}
}

// addBytes adds four bytes that something begins with which is compared as it is.
func (b *beginnings) addBytes(t []byte) {
	b.addThrees(t[:1], t[1:2], t[2:3])
	b.addThrees(t[1:2], t[2:3], t[3:4])
}

// addText adds the canonical key of what a text begins with.
func (b *beginnings) addText(key uint32) {
	one, two, three, four := meant[byte(key)], meant[byte(key>>8)], meant[byte(key>>16)], meant[byte(key>>24)]
	b.addThrees(one, two, three)
	b.addThrees(two, three, four)
}

// addShort adds the canonical key of two bytes that a short text begins with:
// anything may stand behind them, and before.
func (b *beginnings) addShort(key uint32) {
	one, two := meant[byte(key)], meant[byte(key>>8)]
	b.addThrees(one, two, anyByte)
	b.addThrees(anyByte, one, two)
}

// addHex adds the canonical key of what may be written in hex: of its eight digits
// six from the first, the second and the third one on.
func (b *beginnings) addHex(key uint32) {
	var digits [2*minNeedle + 2]byte
	var add func(k int)
	add = func(k int) {
		if k < 2*minNeedle {
			for _, c := range meant[byte(key>>(4*k))] {
				digits[k], digits[k+1] = c>>4, c&15
				add(k + 2)
			}
			return
		}
		for i := range 3 {
			h := sixBit(binary.LittleEndian.Uint64(digits[i:]))
			b.sixes[h/64] |= 1 << (h % 64)
		}
	}
	add(0)
}
