package scrub

import "strings"

// Classes of bytes.
const (
	isSmall = 1 << iota
	isCapital
	isNumber
	isHexLetter
	isOther // a byte of a character beyond ASCII

	isAlpha = isSmall | isCapital
	isAlnum = isAlpha | isNumber
	isUnit  = isAlnum | isOther
)

var class = func() (t [256]uint8) {
	for b := range t {
		switch {
		case 'a' <= b && b <= 'z':
			t[b] = isSmall
		case 'A' <= b && b <= 'Z':
			t[b] = isCapital
		case '0' <= b && b <= '9':
			t[b] = isNumber
		case b >= 0x80:
			t[b] = isOther
		}
		if c := b | 0x20; 'a' <= c && c <= 'f' && t[b]&isAlpha != 0 {
			t[b] |= isHexLetter
		}
	}
	return t
}()

// is reports whether the byte at i is of a class; outside the text none is.
func is(s string, i int, c uint8) bool { return i >= 0 && i < len(s) && class[s[i]]&c != 0 }

// isWord reports whether the byte at i belongs to a token.
func isWord(s string, i int) bool {
	return is(s, i, isUnit) || i >= 0 && i < len(s) && (s[i] == '_' || s[i] == '-')
}

// classes returns the classes of all bytes of s together.
func classes(s string) (c uint8) {
	for i := range len(s) {
		c |= class[s[i]]
	}
	return c
}

func isDigits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }

// isHex reports whether s has hex digits only.
func isHex(s string) bool {
	for i := range len(s) {
		if !is(s, i, isNumber|isHexLetter) {
			return false
		}
	}
	return s != ""
}

// labelAt returns the label that stands at i, or "".
func labelAt(s string, i int) string {
	if i >= len(s) || s[i] != '<' {
		return ""
	}
	for _, l := range labels {
		if strings.HasPrefix(s[i:], l) {
			return l
		}
	}
	return ""
}

func set(list string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(list) {
		m[w] = true
	}
	return m
}
