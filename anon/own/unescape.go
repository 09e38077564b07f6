package own

import (
	"bytes"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"
)

// unseenStarts are the first bytes of runes that nobody sees, or that look like
// ASCII.
var unseenStarts = []byte{0xc2, 0xcc, 0xcd, 0xe2, 0xe3, 0xef}

// startsUnseen reports whether such a rune may begin here.
func startsUnseen(t []byte) bool {
	if len(t) < 3 {
		return false
	}
	switch t[0] {
	case 0xc2:
		return t[1] == 0xa0 || t[1] == 0xad
	case 0xe2:
		return t[1] == 0x80 || t[1] == 0x81
	case 0xe3:
		return t[1] == 0x80 && t[2] == 0x80
	case 0xef:
		return t[1] >= 0xb8 && t[1] <= 0xbd
	}
	return t[1]&0xc0 == 0x80 && t[2]&0xc0 != 0x80
}

// unescape makes of one layer the next, by the marks that may be read: percent
// escapes, HTML entities, backslash escapes and quotes of shells, JSON and
// languages are what they mean, colour codes and the NULs of UTF-16 are gone.
// An escaped letter may mean a directory of a Windows path as well: a backslash
// before a letter that is no number stays. Of long stretches without any of it
// only as much is left as an identifier may reach into. It reports whether
// anything was decoded.
func (l *layer) unescape(of *layer, marks uint32, reach int, keep bool) (decoded bool) {
	l.reset(keep)
	t := of.text
	done, near := 0, 0 // up to where it is written, and how much of what follows is wanted
	for i := nextMarked(t, 0, marks); i < len(t); i = nextMarked(t, i+1, marks) {
		r, n := escapeAt(t, i, marks)
		if n == 0 {
			continue
		}
		l.addNear(of, done, i, near, reach)
		if t[i] >= utf8.RuneSelf {
			l.addRun(of, i, i+n)
		} else {
			l.addRune(r, of, i, i+n)
			decoded = true
		}
		done, near = i+n, reach
		i = done - 1
	}
	if near > 0 {
		l.addNear(of, done, len(t), near, 0)
	}
	return decoded
}

// nextMarked returns the first position from i on of a byte with any of the marks,
// or the length of the text.
func nextMarked(t []byte, i int, marks uint32) int {
	for k, b := range t[i:] {
		if bytesOf[b]&marks != 0 {
			return i + k
		}
	}
	return len(t)
}

// gap stands for what was left out. It is a part of no identifier.
const gap = 1

// addNear appends bytes i to j, or only some of the first and of the last.
func (l *layer) addNear(of *layer, i, j, first, last int) {
	if j-i <= first+last {
		l.addRun(of, i, j)
		return
	}
	l.addRun(of, i, i+first)
	l.add(gap, of, i+first, i+first+1)
	l.addRun(of, j-last, j)
}

// addRune appends a rune, or the byte that rawByte made one of, that is written
// from i to j in another layer.
func (l *layer) addRune(r rune, of *layer, i, j int) {
	switch {
	case r == dropped:
	case r < 0:
		l.add(byte(^r), of, i, j)
	case r < utf8.RuneSelf:
		l.add(byte(r), of, i, j)
	default:
		var b [utf8.UTFMax]byte
		for _, c := range b[:utf8.EncodeRune(b[:], r)] {
			l.add(c, of, i, j)
		}
	}
}

// escapeAt returns what is escaped at i and how many bytes that takes; none if
// it is no escape. More than ASCII is for who folds it.
func escapeAt(text []byte, i int, marks uint32) (r rune, n int) {
	t := text[i:]
	switch t[0] {
	case 0:
		if alternates(text, i) {
			return dropped, 1
		}
		return 0, 0
	case 0x1b:
		return dropped, colour(t)
	case '\'':
		return '\'', quote(t)
	case '%':
		return percent(t)
	case '&':
		return entity(t)
	case '\\':
		return backslash(t)
	}
	if !folds(text, i, marks) {
		return 0, 0
	}
	for n = 1; marks&markHigh != 0 && n < len(t) && t[n] >= utf8.RuneSelf; {
		n++
	}
	return 0, n
}

// folds reports whether the byte at i, which is more than ASCII, may fold to
// others: any, or only the first of a rune in text that nobody sees or that looks
// like ASCII.
func folds(t []byte, i int, marks uint32) bool {
	return marks&markHigh != 0 || startsUnseen(t[i:]) && (i == 0 || t[i-1] == 0 || isText(t[i-1]))
}

// alternates reports whether a NUL is one of two with a byte of text in between.
// Numbers in binary are full of others.
func alternates(t []byte, i int) bool {
	return i+2 < len(t) && t[i+2] == 0 && isText(t[i+1]) || i > 1 && t[i-2] == 0 && isText(t[i-1])
}

// isText reports whether a byte may be of a text, or of a terminal's colours.
func isText(b byte) bool { return b >= ' ' || b >= '\t' && b <= '\r' || b == 0x1b }

// rawByte marks a byte that may be a part of UTF-8, where runes are expected. It
// is none that is dropped.
func rawByte(b byte) rune {
	if b < utf8.RuneSelf {
		return rune(b)
	}
	return ^rune(b)
}

// number reads up to most digits of a base. n is how many there are.
func number(t []byte, base, most int) (v rune, n int) {
	for n < len(t) && n < most && int(hexDigit[t[n]]) < base {
		v = v*rune(base) + rune(hexDigit[t[n]])
		n++
	}
	return v, n
}

func percent(t []byte) (rune, int) {
	if v, n := number(t[1:], 16, 2); n == 2 {
		return rawByte(byte(v)), 3
	}
	if len(t) > 1 && canon[t[1]] == 'u' {
		if v, n := number(t[2:], 16, 4); n == 4 {
			return v, 6
		}
	}
	return 0, 0
}

// colour returns how long an escape sequence of a terminal is.
func colour(t []byte) int {
	if len(t) < 2 || t[1] != '[' {
		return 0
	}
	for n := 2; n < len(t) && n < 24; n++ {
		if t[n] >= 0x40 && t[n] <= 0x7e {
			return n + 1
		}
	}
	return 2
}

// quote returns how long a quote is that is written within quotes.
func quote(t []byte) int {
	for _, q := range []string{`'\''`, `'"'"'`, `''`} {
		if bytes.HasPrefix(t, []byte(q)) {
			return len(q)
		}
	}
	return 0
}

func backslash(t []byte) (rune, int) {
	if len(t) < 2 {
		return 0, 0
	}
	switch c := t[1]; {
	case c == 'x' || c == 'X':
		if v, n := number(t[2:], 16, 2); n == 2 {
			return rawByte(byte(v)), 4
		}
	case c == 'u' || c == 'U':
		return unicodeEscape(t)
	case c >= '0' && c <= '7':
		v, n := number(t[1:], 8, 3)
		if v < 0x100 {
			return rawByte(byte(v)), 1 + n
		}
	case c == '\n':
		return dropped, 2
	case c > ' ' && c < 0x7f && !isWordAt(t, 1) || c == ' ' || c == '-' || c == '_':
		return rune(c), 2
	}
	return 0, 0
}

// unicodeEscape reads \uXXXX, two of them for a rune above U+FFFF, \UXXXXXXXX
// and \u{X}.
func unicodeEscape(t []byte) (rune, int) {
	if len(t) > 2 && t[2] == '{' {
		if v, n := number(t[3:], 16, 6); n > 0 && len(t) > 3+n && t[3+n] == '}' {
			return v, 4 + n
		}
		return 0, 0
	}
	if t[1] == 'U' {
		if v, n := number(t[2:], 16, 8); n == 8 && bits.Len32(uint32(v)) <= 21 {
			return v, 10
		}
	}
	v, n := number(t[2:], 16, 4)
	if n < 4 {
		return 0, 0
	}
	if utf16.IsSurrogate(v) && len(t) > 7 && t[6] == '\\' && canon[t[7]] == 'u' {
		if low, n := number(t[8:], 16, 4); n == 4 && utf16.DecodeRune(v, low) != utf8.RuneError {
			return utf16.DecodeRune(v, low), 12
		}
	}
	return v, 6
}
