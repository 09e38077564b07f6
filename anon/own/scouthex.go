package own

import "encoding/binary"

// Kinds of bytes in hex on one line, above the values of its digits.
const (
	hexBetween = 0x40 // may stand between two digits
	hexPrefix  = 0x60 // x: a 0 before it is no digit
	hexNone    = 0x80 // is in no hex
)

var hexKind = func() (t [256]uint8) {
	for i := range t {
		switch {
		case hexDigit[i] < 16:
			t[i] = hexDigit[i]
		case hexish[i] == 0 || i == '\n':
			t[i] = hexNone
		case canon[i] == 'x':
			t[i] = hexPrefix
		default:
			t[i] = hexBetween
		}
	}
	return t
}()

// mostHex is how many digits of one stretch the scout reads: those of a SHA-256,
// and some before it.
const mostHex = 72

// stretch has digits of one stretch of hex, and room to read eight from each on.
type stretch [mostHex + 8]uint8

// hexIn reads all hex of which anything stands between i and j, up to end, and
// reports whether anything may begin in it.
func (s *scout[T]) hexIn(text T, i, j int) (end int, may bool) {
	for i > 0 && hexKind[text[i-1]] != hexNone {
		i--
	}
	var digits stretch
	n := 0
	for ; i < len(text) && n < mostHex; i++ {
		switch kind := hexKind[text[i]]; {
		case kind < hexPrefix:
			digits[n] = kind
			n += int(^kind >> 6 & 1) // no branch: every other byte would miss it
		case kind == hexNone:
			if n >= s.leastHex() && s.hexBegins(&digits, n) {
				return i, true
			}
			if n = 0; i >= j {
				return i, false
			}
		case n > 0 && text[i-1] == '0' && i+1 < len(text) && hexDigit[text[i+1]] < 16:
			n--
		}
	}
	return i, n == mostHex || n >= s.leastHex() && s.hexBegins(&digits, n)
}

// hexBegins reports whether anything may begin with eight of the n digits.
func (s *scout[T]) hexBegins(digits *stretch, n int) bool {
	for k := 0; k+6 <= n; k += 3 {
		if !s.ids.begin.hasSix(binary.LittleEndian.Uint64(digits[k:])) {
			continue
		}
		for at := max(0, k-2); at <= k && at+2*minNeedle <= n; at++ {
			var b [minNeedle]byte
			for i := range b {
				b[i] = canon[digits[at+2*i]<<4|digits[at+2*i+1]]
			}
			if key := keyOf(b[:]); s.ids.decoded.has(key) && s.ids.decoded.may(key) {
				return true
			}
		}
	}
	return false
}
