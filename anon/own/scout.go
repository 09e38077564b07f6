package own

import "math/bits"

// scoutBlock is how many bytes the scout looks at in one turn. The last three of
// them that it looks up begin with the seventh and go on in the next block.
const scoutBlock = 8

// what a scout has found.
type what uint8

const (
	nothing what = iota
	begins       // something may begin here of which the first bytes are the text's
	escape       // what may be an escape is here
	unread       // hex that something may begin in, or an end of a line, over which hex and base64 go on
)

// scout is where in a text it may be worth a search.
type scout[T string | []byte] struct {
	ids *Identifiers
	// escapes says that escapes are read by others. Then what begins next to one is
	// told of however short it is.
	escapes bool
	hexTo   int // hex is read up to here
}

// next returns the first position from i on where something begins or may be an
// escape, or one near what it cannot read; or the length of the text.
//
// Of most text it looks at eight bytes at a time and at no byte alone: at three
// bytes at every other position, as reader does, at what escapes begin with, and
// at how far it is from one letter to the next that is in no hex.
func (s *scout[T]) next(text T, from int) (at int, found what) {
	last := len(text) - scoutBlock
	if last < 0 || s.ids.begin.isFull() {
		return min(from, len(text)), unread
	}
	run := min(from-s.hexTo, s.leastHex()) // how many bytes before may be of one stretch of hex
	for i := from; ; i += scoutBlock {
		if i, run = s.pass(text, i, run); i == len(text) {
			return i, nothing
		}
		w := eightBytes(text[i:])
		at, found = s.startIn(text, i, from), begins
		if hasMark(w) {
			if k, mark := s.firstMark(text, max(i, from), min(i+scoutBlock, at)); mark != nothing {
				at, found = k, mark
			}
		}
		high := w & (0x80 * ones)
		none := notHex(w&^high) | high
		lead, tail := bits.TrailingZeros64(none)/8, bits.LeadingZeros64(none)/8
		switch {
		case run+lead >= s.leastHex():
			var may bool
			if s.hexTo, may = s.hexIn(text, max(0, i-run), i+lead); may {
				return max(i, from), unread
			}
			run = min(tail, i+scoutBlock-s.hexTo)
		case none == 0:
			run += scoutBlock
		default:
			run = tail
		}
		if at < len(text) {
			return at, found
		}
		if i == last {
			return at, nothing
		}
	}
}

// leastHex is how many digits hex has in which something may begin.
func (s *scout[T]) leastHex() int {
	if s.escapes {
		return 2 * minNeedle
	}
	return 2 * minEncoded
}

// pass returns the first block from i on that may have anything, or the length of
// the text. The last block is the last bytes, whatever was before it. run is how
// many bytes before i may be of one stretch of hex, and before, how many before the
// block.
func (s *scout[T]) pass(text T, i, run int) (block, before int) {
	b, leastHex := s.ids.begin, s.leastHex()
	last := len(text) - scoutBlock
	for ; i < last; i += scoutBlock {
		t := text[i : i+scoutBlock+1]
		w := eightBytes(t)
		none := notHex(w)
		longest := run + bits.TrailingZeros64(none)/8
		if hasMark(w) || longest >= leastHex || b.hasAny(w, t[scoutBlock]) {
			return i, run
		}
		run = longest
		if none != 0 {
			run = bits.LeadingZeros64(none) / 8
		}
	}
	w := eightBytes(text[last:])
	run = max(0, run-(i-last))
	if hasMark(w) || run+bits.TrailingZeros64(notHex(w))/8 >= leastHex || b.hasAny(w, 0) {
		return last, run
	}
	return len(text), 0
}

// ones has one in each byte.
const ones = 0x0101010101010101

// eightBytes returns the first eight bytes, the first one lowest.
func eightBytes[T string | []byte](t T) uint64 {
	_ = t[7]
	return uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
		uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
}

// hasMark reports whether any of eight bytes is no ASCII that shows, or one of
// \, % and &. It says so of $, quotes and tabs, too.
func hasMark(w uint64) bool {
	slash, percent := w^'\\'*ones, w&^(3*ones)^'$'*ones
	return (w|(w-' '*ones)|(slash-ones)&^slash|(percent-ones)&^percent)&(0x80*ones) != 0
}

// notHex marks those of eight bytes of ASCII by their highest bit that are letters
// from g to w, which are in no hex.
func notHex(w uint64) uint64 {
	w |= ' ' * ones
	return (w + (0x80-'g')*ones) &^ (w + (0x80-'x')*ones) & (0x80 * ones)
}

// longestEscape is how many bytes an escape has at most: one of a terminal's
// colours.
const longestEscape = 24

// firstMark returns the first position from i up to to of what may be an escape, or
// ends a line; or to.
func (s *scout[T]) firstMark(text T, i, to int) (at int, found what) {
	marks := markEscape | s.ids.marks
	for ; i < to; i++ {
		switch c := text[i]; {
		case c == '\n' || c == '\r':
			return i, unread
		case !s.escapes && bytesOf[c]&marks != 0 && isEscape(text, i, marks):
			return i, escape
		}
	}
	return to, nothing
}

// isEscape reports whether at i may be an escape, or an escaped end of a line, over
// which base64 goes on.
func isEscape[T string | []byte](text T, i int, marks uint32) bool {
	if t := text[i:]; t[0] == '\\' && len(t) > 1 && (t[1] == 'n' || t[1] == 'r') {
		return true
	}
	least := max(0, i-2)
	_, n := escapeAt([]byte(text[least:min(len(text), i+longestEscape)]), i-least, marks)
	return n > 0
}

// startIn returns where in the block at i anything begins, or the length of the
// text.
func (s *scout[T]) startIn(text T, i, from int) int {
	w, ninth := eightBytes(text[i:]), byte(0)
	if i+scoutBlock < len(text) {
		ninth = text[i+scoutBlock]
	}
	if !s.ids.begin.hasAny(w, ninth) {
		return len(text)
	}
	for k := range 4 {
		if !s.ids.begin.hasThree(w>>(16*k) | uint64(ninth)<<(64-16*k)) {
			continue
		}
		at := i + 2*k
		switch {
		case at-1 >= from && s.beginsAt(text, at-1):
			return at - 1
		case at >= from && (s.beginsAt(text, at) || s.beginsShort(text, at)):
			return at
		case at+1 >= from && s.beginsShort(text, at+1):
			return at + 1
		}
	}
	return len(text)
}

// beginsShort reports whether a short text may begin at i.
func (s *scout[T]) beginsShort(text T, i int) bool {
	return s.ids.shorts != nil && i+1 < len(text) && s.ids.shorts.has(uint32(canon[text[i]])|uint32(canon[text[i+1]])<<8)
}

// beginsAt reports whether anything begins at i with the text's four bytes: a text,
// bytes, a digest, or base64 with enough digits for a value.
func (s *scout[T]) beginsAt(text T, i int) bool {
	t := text[i:min(len(text), i+sumBytes+1)]
	if len(t) < minNeedle {
		return false
	}
	key := uint32(t[0]) | uint32(t[1])<<8 | uint32(t[2])<<16 | uint32(t[3])<<24
	starts, canonical := &s.ids.starts, canonKey(key)
	if starts.has(canonical) && s.ids.long.has(canonical) {
		return true
	}
	if !starts.has(^key) || !starts.may(canonical) {
		return false
	}
	_, _, isSum := s.ids.sums.at([]byte(t))
	return isSum || s.escapes || s.ids.raw.has(key) || isEncoded(text, i)
}

// isEncoded reports whether the group of base64 at i is a part of enough digits for
// a value.
func isEncoded[T string | []byte](text T, i int) bool {
	from, to := i, i
	for from > 0 && to-from < minEncoded+2 && base64Digit[text[from-1]] < 64 {
		from--
	}
	for to < len(text) && to-from < minEncoded+2 && base64Digit[text[to]] < 64 {
		to++
	}
	return to-from >= minEncoded+2
}
