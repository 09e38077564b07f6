package own

import (
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

// index finds needles by a hash of their first bytes: chains that are walked
// only where a set says that one may begin.
type index struct {
	width   int // bytes that are hashed; no needle is shorter
	bytes   []byte
	needles []needle
	links   []link
	heads   []int32
	shift   uint // what a hash is shifted by to be a place in heads
}

// link is one beginning of one needle.
type link struct {
	key    uint32
	needle int32
	next   int32 // the link with the same hash before, or -1
}

// startChains is how many chains an empty index has, as a power of two.
const startChains = 8

func newIndex(width int) *index {
	x := &index{width: width}
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
	}
}

func (x *index) chain(i int) {
	l := &x.links[i]
	head := l.key * knuth >> x.shift
	l.next, x.heads[head] = x.heads[head], int32(i)
}

// has reports whether any needle begins with these bytes.
func (x *index) has(key uint32) bool {
	for at := x.heads[key*knuth>>x.shift]; at >= 0; at = x.links[at].next {
		if x.links[at].key == key {
			return true
		}
	}
	return false
}

// canonKey returns the key of the same bytes in canonical form.
func canonKey(key uint32) (c uint32) {
	for i := 0; i < 32; i += 8 {
		c |= uint32(canon[byte(key>>i)]) << i
	}
	return c
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

// stands returns where the needle ends that begins at i, or where the text
// differs from it.
func (x *index) stands(n *needle, text []byte, i int) (to int, ok bool) {
	there := text[i:]
	w := x.bytes[n.at:][:n.size]
	if n.kind >= wideLittle {
		to, ok = standsWide(w, there, n.kind == wideBig)
		return i + to, ok
	}
	if n.kind == raw {
		for to < min(len(w), len(there)) && there[to] == w[to] {
			to++
		}
		return i + to, to == len(w)
	}
	j := 0
	for _, c := range w {
		if j == len(there) || canon[there[j]] != c {
			return i + j, false
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
			return to, false
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
