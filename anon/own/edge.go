package own

import "strings"

// edge says what must stand around a needle, so that it is this identifier and
// not a part of something else.
type edge uint8

const (
	anywhere  edge = iota // long or random enough: nothing
	noDigit               // an IPv4 address, not a part of a longer number
	noHex                 // digits in base 16, not a part of more of them; a word may be
	segment               // a directory: the name ends where the needle ends
	wholeWord             // no letter, digit, - or _ before or behind
	hostPlace             // a whole word where a host is named, by a word or a sign
	userPlace             // a whole word where a user is named, by a word or a sign
	hostWord              // the same by a word only: for names that are shorter
	userWord              // than what chance puts behind a sign in binary
)

// isPlace says whether a word or a sign must tell what the needle is.
func (e edge) isPlace() bool { return e >= hostPlace }

// mode says who asks, for the needles that Replace finds more freely.
type mode bool

const (
	scanning  mode = false
	replacing mode = true
)

func (m mode) edge(n *needle) edge {
	if m == replacing {
		return n.replace
	}
	return n.scan
}

func (e edge) holds(text []byte, from, to int) bool {
	if e != anywhere && isItem(text, from, to) && !e.isPlace() {
		return true
	}
	switch e {
	case anywhere:
		return true
	case noDigit:
		return !touchesDigit(text, from, to)
	case noHex:
		return !(isHexAt(text, from-1) && isHexWordBefore(text, from)) && !(isHexAt(text, to) && isHexWord(text, to))
	case segment:
		return !isWordAt(text, to)
	case wholeWord:
		return beginsWord(text, from) && !isWordAt(text, to)
	case hostPlace:
		return wholeWord.holds(text, from, to) && (hostWordBefore(text, from) || text[max(from-1, 0)] == '@')
	case hostWord:
		return wholeWord.holds(text, from, to) && hostWordBefore(text, from)
	case userPlace:
		return wholeWord.holds(text, from, to) && (userWordBefore(text, from) || userSignAround(text, from, to))
	default:
		return wholeWord.holds(text, from, to) && userWordBefore(text, from)
	}
}

// isItem reports whether the bytes are exactly one CBOR text string of four
// to 23 bytes: then its head, which may look like a letter, and whatever
// follows are no part of a word.
func isItem(text []byte, from, to int) bool {
	n := to - from
	return from > 0 && n >= minNeedle && n < 24 && text[from-1] == 0x60+byte(n)
}

// touchesDigit reports whether a digit stands next to the bytes, or behind one
// dot.
func touchesDigit(text []byte, from, to int) bool {
	at := func(i int) bool { return i >= 0 && i < len(text) && isDigit(text[i]) }
	dot := func(i int) bool { return i >= 0 && i < len(text) && text[i] == '.' }
	return at(from-1) || at(to) || dot(from-1) && at(from-2) || dot(to) && at(to+1)
}

func isLetter(b byte) bool { return 'a' <= canon[b] && canon[b] <= 'z' }

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isHexAt(text []byte, i int) bool {
	return i >= 0 && i < len(text) && hexDigit[text[i]] < 16
}

// isHexWord reports whether the letters and digits from i on are all digits in
// base 16.
func isHexWord(text []byte, i int) bool {
	for ; i < len(text) && (isLetter(text[i]) || isDigit(text[i])); i++ {
		if !isHexAt(text, i) {
			return false
		}
	}
	return true
}

// isHexWordBefore is isHexWord of those that end at i.
func isHexWordBefore(text []byte, i int) bool {
	for ; i > 0 && (isLetter(text[i-1]) || isDigit(text[i-1])); i-- {
		if !isHexAt(text, i-1) {
			return false
		}
	}
	return true
}

func isWordAt(text []byte, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	b := text[i]
	return isLetter(b) || isDigit(b) || b == '_' || b == '-'
}

// beginsWord reports whether no word goes on at i. The letter of an escaped end
// of a line or tab is none of one.
func beginsWord(text []byte, i int) bool {
	return !isWordAt(text, i-1) || i > 1 && text[i-2] == '\\' && strings.IndexByte("nrtvf", text[i-1]) >= 0
}

// driveBefore returns where a path begins whose first slash stands at i: with a
// drive, or with more slashes.
func driveBefore(text []byte, i int) int {
	if i >= len(text) || canon[text[i]] != '/' {
		return i
	}
	j := i
	for j > 0 && i-j < maxRun && canon[text[j-1]] == '/' {
		j--
	}
	if j > 1 && (text[j-1] == ':' || text[j-1] == '|') && isLetter(text[j-2]) && !isWordAt(text, j-3) {
		return j - 2
	}
	return i
}

// labels are what scrubbed text holds in place of values: no identifiers,
// whatever a host or user is called.
const (
	labels       = "<host><user><path><ip><mac><id><secret><url><email><card><iban><phone><name><num><word><cut>"
	longestLabel = len("<secret>")
)

// overlapsLabel reports whether any of the bytes is a part of a label.
func overlapsLabel(text []byte, from, to int) bool {
	for i := max(0, from-longestLabel+1); i < to; i++ {
		if text[i] != '<' {
			continue
		}
		for end := i + 2; end < len(text) && end < i+longestLabel; end++ {
			if text[end] == '>' && end >= from && strings.Contains(labels, string(text[i:end+1])) {
				return true
			}
		}
	}
	return false
}
