package scrub

// Classes of bytes.
const (
	isSmall uint16 = 1 << iota
	isCapital
	isNumber
	isHexLetter
	isOther // a byte of a character beyond ASCII
	isJoin  // _ and -
	isSpace // space and tab
	isAt    // or % as in %40
	isColon
	isDot
	isSlash // either way
	isQuote
	isControl // what cleaned takes out or replaces

	isAlpha = isSmall | isCapital
	isAlnum = isAlpha | isNumber
	isHex   = isNumber | isHexLetter
	isUnit  = isAlnum | isOther
	isToken = isUnit | isJoin
)

var class, fold = func() (t [256]uint16, f [256]byte) {
	for i := range t {
		b := byte(i)
		f[i] = b
		switch {
		case 'a' <= b && b <= 'z':
			t[i] = isSmall
		case 'A' <= b && b <= 'Z':
			t[i] = isCapital
			f[i] = b | 0x20
		case '0' <= b && b <= '9':
			t[i] = isNumber
		case b >= 0x80:
			t[i] = isOther
		case b < ' ' && b != '\t' || b == 0x7f:
			t[i] = isControl
		}
		if c := b | 0x20; 'a' <= c && c <= 'f' && t[i]&isAlpha != 0 {
			t[i] |= isHexLetter
		}
	}
	for signs, c := range map[string]uint16{"_-": isJoin, " \t": isSpace, "@%": isAt, ":": isColon, ".": isDot, `/\`: isSlash, "\"'`": isQuote} {
		for _, b := range []byte(signs) {
			t[b] |= c
		}
	}
	return t, f
}()

// Sets of bytes, for what parsers go over. More of them stand with their users.
type set [256]bool

func setOf(bytes string) (t set) {
	for i := range len(bytes) {
		t[bytes[i]] = true
	}
	return t
}

// in reports whether the byte at i is in a set.
func (t *set) in(s string, i int) bool { return uint(i) < uint(len(s)) && t[s[i]] }

// end returns the first position from i on of a byte in the set, or the text's end.
func (t *set) end(s string, i int) int {
	for i < len(s) && !t[s[i]] {
		i++
	}
	return i
}

// is reports whether the byte at i is of a class; outside the text none is.
func is(s string, i int, c uint16) bool { return uint(i) < uint(len(s)) && class[s[i]]&c != 0 }

// has reports whether the byte at i is b.
func has(s string, i int, b byte) bool { return uint(i) < uint(len(s)) && s[i] == b }

// classes returns the classes of all bytes of s together.
func classes(s string) (c uint16) {
	for i := range len(s) {
		c |= class[s[i]]
	}
	return c
}

// only reports whether s has bytes of these classes only, and any at all.
func only(s string, c uint16) bool {
	for i := range len(s) {
		if class[s[i]]&c == 0 {
			return false
		}
	}
	return s != ""
}

// equal reports whether s is the small-letter text w in any ASCII case.
func equal(s, w string) bool {
	if len(s) != len(w) {
		return false
	}
	for i := range len(s) {
		if fold[s[i]] != w[i] {
			return false
		}
	}
	return true
}

// endsIn reports whether s ends in the small-letter text w in any ASCII case.
func endsIn(s, w string) bool { return len(s) >= len(w) && equal(s[len(s)-len(w):], w) }

// labelAt returns the label that stands at i, or "".
func labelAt(s string, i int) string {
	if !has(s, i, '<') {
		return ""
	}
	rest := s[i:]
	for _, l := range labels {
		if len(rest) >= len(l) && rest[1] == l[1] && rest[:len(l)] == l {
			return l
		}
	}
	return ""
}

// isLabel reports whether s is a label.
func isLabel(s string) bool { return s != "" && labelAt(s, 0) == s }
