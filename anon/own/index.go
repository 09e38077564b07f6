package own

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// kind says how a needle is compared.
type kind uint8

const (
	textual    kind = iota // canonical bytes, of which some may come in runs
	raw                    // these bytes
	wideLittle             // text in UTF-16, the low byte first
	wideBig                // the same, the high byte first
	group6                 // the first group of an IPv6 address, which is read as a whole
	mapped6                // the same, of the last bytes before an IPv4 address
)

// needle is what is looked for: an identifier as text, or bytes of one.
type needle struct {
	at      uint32 // of its bytes in the index
	size    uint16
	class   code
	kind    kind
	scan    edge // what must stand around it for Scan
	replace edge // what must stand around it for Replace
}

// index finds needles by a hash of their first bytes: a set that is asked at
// every position, and chains that are walked only where it says yes.
type index struct {
	width   int // bytes that are hashed; no needle is shorter
	bytes   []byte
	needles []needle
	links   []link
	heads   []int32
	shift   uint // what a hash is shifted by to be a place in heads
	filter  filter
}

// link is one beginning of one needle.
type link struct {
	key    uint32
	needle int32
	next   int32 // the link with the same hash before, or -1
}

// Sizes of an empty index, as powers of two: chains, and bits of the set.
const (
	startChains = 8
	startBits   = 15
)

func newIndex(width int) *index {
	x := &index{width: width, filter: newFilter(startBits)}
	x.resize(startChains)
	return x
}

func (x *index) resize(log uint) {
	x.shift = 32 - log
	x.heads = make([]int32, 1<<log)
	for i := range x.heads {
		x.heads[i] = -1
	}
	for i := range x.links {
		x.chain(i)
	}
}

// add adds a needle that may begin with any of the keys.
func (x *index) add(n needle, text string, keys ...uint32) {
	n.at, n.size = uint32(len(x.bytes)), uint16(len(text))
	x.bytes = append(x.bytes, text...)
	x.needles = append(x.needles, n)
	for _, k := range keys {
		if len(x.links) == len(x.heads) {
			x.resize(32 - x.shift + 1)
		}
		x.links = append(x.links, link{key: k, needle: int32(len(x.needles) - 1)})
		x.chain(len(x.links) - 1)
		x.filter.add(k)
	}
}

func (x *index) chain(i int) {
	l := &x.links[i]
	head := l.key * knuth >> x.shift
	l.next, x.heads[head] = x.heads[head], int32(i)
}

// keyOf returns the key of up to four bytes, the first one lowest.
func keyOf[T string | []byte](b T) (key uint32) {
	for i := range len(b) {
		key |= uint32(b[i]) << (8 * i)
	}
	return key
}

// keysOf returns the keys of what a text with the needle's canonical bytes may
// begin with, as its canonical bytes: a run may be longer.
func keysOf(text string, width int) (keys []uint32) {
	var begin func(b []byte, rest string)
	begin = func(b []byte, rest string) {
		if len(b) == width {
			keys = append(keys, keyOf(b))
			return
		}
		if rest == "" {
			return
		}
		c := rest[0]
		b = append(b[:len(b):len(b)], c)
		begin(b, rest[1:])
		for isRun(c) && len(b) > 1 && len(b) < width {
			b = append(b[:len(b):len(b)], c)
			begin(b, rest[1:])
		}
	}
	begin(nil, text)
	return keys
}

// maxRun is how many slashes or spaces are read as one.
const maxRun = 16

// stands returns where the needle ends that begins at i.
func (x *index) stands(n *needle, text []byte, i int) (to int, ok bool) {
	there := text[i:]
	w := x.bytes[n.at:][:n.size]
	if n.kind >= wideLittle {
		to, ok = standsWide(w, there, n.kind == wideBig)
		return i + to, ok
	}
	if n.kind == raw {
		return i + len(w), bytes.HasPrefix(there, w)
	}
	j := 0
	for _, c := range w {
		if j == len(there) || canon[there[j]] != c {
			return 0, false
		}
		j++
		if isRun(c) {
			for most := min(len(there), j+maxRun); j < most && canon[there[j]] == c; j++ {
			}
		}
	}
	return i + j, true
}

// standsWide compares a needle with a text in UTF-16.
func standsWide(w, there []byte, isBig bool) (to int, ok bool) {
	for at, want := range string(w) {
		r, size := wideRune(there[to:], isBig)
		if at == 0 && want == utf8.RuneError || foldRune(r) != want && (r >= utf8.RuneSelf || rune(canon[r]) != want) {
			return 0, false
		}
		to += size
	}
	return to, true
}

// wideRune reads one rune in UTF-16.
func wideRune(b []byte, isBig bool) (r rune, size int) {
	order := binary.ByteOrder(binary.LittleEndian)
	if isBig {
		order = binary.BigEndian
	}
	if len(b) < 2 {
		return utf8.RuneError, 0
	}
	r = rune(order.Uint16(b))
	if utf16.IsSurrogate(r) && len(b) >= 4 {
		return utf16.DecodeRune(r, rune(order.Uint16(b[2:]))), 4
	}
	return r, 2
}
