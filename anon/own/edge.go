package own

import "strings"

// edge says what must stand around a needle, so that it is this identifier and
// not a part of something else.
type edge uint8

const (
	anywhere  edge = iota // long or random enough: nothing
	noDigit               // an IPv4 address, not a part of a longer number
	noHex                 // an IPv6 address or bare MAC, not a part of longer hex
	segment               // a directory: the name ends where the needle ends
	wholeWord             // no letter, digit, - or _ before or behind
	hostPlace             // a whole word where a host is named, by a word or a sign
	userPlace             // a whole word where a user is named, by a word or a sign
	hostWord              // the same by a word only: for names that are shorter
	userWord              // than what chance puts behind a sign in binary
)

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
	if e != anywhere && isItem(text, from, to) && e < hostPlace {
		return true
	}
	switch e {
	case anywhere:
		return true
	case noDigit:
		return !touchesDigit(text, from, to)
	case noHex:
		return !isHexAt(text, from-1) && !isHexAt(text, to)
	case segment:
		return !isWordAt(text, to)
	case wholeWord:
		return !isWordAt(text, from-1) && !isWordAt(text, to)
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

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isHexAt(text []byte, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	b := fold[text[i]]
	return isDigit(b) || 'a' <= b && b <= 'f'
}

func isWordAt(text []byte, i int) bool {
	if i < 0 || i >= len(text) {
		return false
	}
	b := fold[text[i]]
	return 'a' <= b && b <= 'z' || isDigit(b) || b == '_' || b == '-'
}

// labels are what scrubbed text holds in place of values: no identifiers,
// whatever a host or user is called.
const labels = "<host><user><path><ip><mac><id><secret><url><email><card><iban><phone><num><word><cut>"

func isLabel(text []byte, from, to int) bool {
	return from > 0 && to < len(text) && text[from-1] == '<' && text[to] == '>' &&
		strings.Contains(labels, string(text[from-1:to+1]))
}

// Words behind which a host or a user is named.
const (
	hostWords = " host hostname host.name nodename rhost lhost node server machine computer computername workstation "
	userWords = " user username user.name user_name logname ruser luser euser login owner account uname sudo su "
	homeWords = " home users profiles settings "
)

// longest of the words above, and how many separators may stand in between.
const (
	longestWord   = 12
	maxSeparators = 4
)

// named are the separators between such a word and the name.
const named = " \"'=:([<"

// hostWordBefore finds the words, and the two signs of //host and \\host.
func hostWordBefore(text []byte, from int) bool {
	if from > 1 && text[from-1] == text[from-2] && (text[from-1] == '/' || text[from-1] == '\\') {
		return true
	}
	return contains(hostWords, wordBefore(text, from, named))
}

func userWordBefore(text []byte, from int) bool {
	return contains(userWords, wordBefore(text, from, named)) || contains(homeWords, wordBefore(text, from, `/\`))
}

// userSignAround finds name@host, ~name and uid=1000(name).
func userSignAround(text []byte, from, to int) bool {
	if to < len(text) && text[to] == '@' || from > 0 && text[from-1] == '~' {
		return true
	}
	return from > 1 && text[from-1] == '(' && isDigit(text[from-2])
}

// wordBefore returns the word before from, in lower case, or "" if no
// separator stands between.
func wordBefore(text []byte, from int, separators string) string {
	end := from
	for end > 0 && from-end < maxSeparators && strings.IndexByte(separators, text[end-1]) >= 0 {
		end--
	}
	if end == from {
		return ""
	}
	start := end
	for start > 0 && end-start <= longestWord && (isWordAt(text, start-1) || text[start-1] == '.') {
		start--
	}
	return string(appendFold(nil, string(text[start:end])))
}

func contains(words, word string) bool {
	return word != "" && strings.Contains(words, " "+word+" ")
}
