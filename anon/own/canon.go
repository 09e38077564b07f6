package own

import (
	"unicode"
	"unicode/utf8"
)

// canon maps a byte to the one that stands for all its usual writings: small
// letters for capitals, one slash for both, a space for what a space becomes in
// a form or at the end of a line.
var canon = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
	}
	for c := byte('A'); c <= 'Z'; c++ {
		t[c] = c + 'a' - 'A'
	}
	t['\\'] = '/'
	for _, c := range []byte("+\t\n\v\f\r") {
		t[c] = ' '
	}
	return t
}()

// isRun reports whether a canonical byte stands for any number of itself.
func isRun(b byte) bool { return b == '/' || b == ' ' }

// canonical returns a value as needles hold it: of any text that people would
// call the same, the same bytes.
func canonical(v string) string {
	l := layer{text: []byte(v)}
	l.foldHigh(markHigh)
	out := l.text[:0]
	for _, b := range l.text {
		b = canon[b]
		if isRun(b) && (len(out) > 0 && out[len(out)-1] == b || len(out) == 0 && b == ' ') {
			continue
		}
		out = append(out, b)
	}
	if n := len(out); n > 0 && out[n-1] == ' ' {
		out = out[:n-1]
	}
	return string(out)
}

// latin are the letters without accents of U+00C0 to U+017F.
const latin = "aaaaaaaceeeeiiii" + "dnoooooxouuuuyts" +
	"aaaaaaaceeeeiiii" + "dnoooooxouuuuyty" +
	"aaaaaaccccccccdd" + "ddeeeeeeeeeegggg" + "gggghhhhiiiiiiii" + "iiiijjkkklllllll" +
	"lllnnnnnnnnnoooo" + "oooorrrrrrssssss" + "ssttttttuuuuuuuu" + "uuuuwwyyyzzzzzzs"

// dropped is what foldRune returns of a rune that nobody sees.
const dropped rune = -1

// foldRune returns a letter small and without its accent, whether the accent is
// part of it or follows it, and ASCII for what looks the same: typographic
// hyphens, quotes, spaces and wide letters. Marks that nobody sees are dropped.
func foldRune(r rune) rune {
	switch {
	case r >= 0xc0 && r < 0x180:
		return rune(latin[r-0xc0])
	case r >= utf8.RuneSelf && r < 0xc0 && r != 0xa0 && r != 0xad, r == utf8.RuneError: // half of binary
		return r
	case r >= 0x300 && r < 0x370, r == 0xad, r >= 0x200b && r <= 0x200f, r >= 0x202a && r <= 0x202e,
		r >= 0x2060 && r <= 0x206f, r >= 0xfe00 && r <= 0xfe0f, r == 0xfeff:
		return dropped
	case r == 0xa0, r >= 0x2000 && r <= 0x200a, r == 0x202f, r == 0x3000:
		return ' '
	case r >= 0x2010 && r <= 0x2015:
		return '-'
	case r == 0x2018, r == 0x2019:
		return '\''
	case r == 0x201c, r == 0x201d:
		return '"'
	case r >= 0xff01 && r <= 0xff5e:
		return rune(canon[r-0xff01+'!'])
	case r == 'Ё', r == 'ё':
		return 'е'
	case r == 'Й', r == 'й':
		return 'и'
	}
	return unicode.ToLower(r)
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// foldHigh folds the runes that are not ASCII, in place: all of them if the marks
// say so, or only those that nobody sees or that look like ASCII. Bytes that are
// no UTF-8 are taken for Latin-1. It reports whether anything changed.
func (l *layer) foldHigh(marks uint32) (changed bool) {
	w := 0
	for i := 0; i < len(l.text); {
		start := i
		for i < len(l.text) && (bytesOf[l.text[i]]&marks&(markHigh|markUnseen) == 0 || !folds(l.text, i, marks)) && !unseenLatin(l.text[i]) {
			i++
		}
		l.move(w, start, i-start)
		w += i - start
		if i < len(l.text) {
			n, folds := l.foldAt(i, &w)
			i += n
			changed = changed || folds
		}
	}
	l.text = l.text[:w]
	if l.mapped {
		l.from, l.to = l.from[:w], l.to[:w]
	}
	return changed
}

// unseenLatin reports whether a byte is a hard space or a soft hyphen in Latin-1,
// as it is left of UTF-16.
func unseenLatin(b byte) bool { return b == 0xa0 || b == 0xad }

// foldAt folds the rune at i to w, and returns how many bytes it had and whether
// it is another now.
func (l *layer) foldAt(i int, w *int) (n int, folds bool) {
	r, n := utf8.DecodeRune(l.text[i:])
	if n == 1 && l.text[i] >= 0xa0 {
		r = rune(l.text[i]) // Latin-1
	}
	folded := foldRune(r)
	if folded == dropped {
		return n, true
	}
	size := utf8.RuneLen(folded)
	if folded == r && size == n || r == utf8.RuneError || size > n { // for a longer one there is no room
		l.move(*w, i, n)
		*w += n
		return n, false
	}
	var b [utf8.UTFMax]byte
	utf8.EncodeRune(b[:], folded)
	if l.mapped {
		for k := range size {
			l.from[*w+k], l.to[*w+k] = l.from[i], l.to[i+n-1]
		}
	}
	*w += copy(l.text[*w:], b[:size])
	return n, true
}

// move moves n bytes in the layer from i to w, which is not behind it.
func (l *layer) move(w, i, n int) {
	if w == i {
		return
	}
	copy(l.text[w:], l.text[i:i+n])
	if l.mapped {
		copy(l.from[w:], l.from[i:i+n])
		copy(l.to[w:], l.to[i:i+n])
	}
}
