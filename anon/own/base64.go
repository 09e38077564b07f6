package own

import "encoding/base64"

// base64Digit is the value of a digit in base 64, of either alphabet, and 0xff
// of any other byte.
var base64Digit = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/") {
		t[c] = byte(i)
	}
	t['-'], t['_'] = 62, 63
	return t
}()

// base64At searches the stretch of base64 around i, where a group of four
// digits begins that an identifier may have. Each stretch is collected once,
// and decoded once for each place that a group may begin at.
func (s *search) base64At(l *layer, i int) {
	if from, to, ok := inLongRun(l.text, i); !ok {
		s.mind(l.text, from-1, to+1)
		return
	}
	if i >= s.runEnd {
		s.collectBase64(l, i)
	}
	k := 0
	for low, high := 0, len(s.places64); low < high; { // the digit at i
		k = (low + high) / 2
		if int(s.places64[k]) == i {
			break
		} else if int(s.places64[k]) < i {
			low = k + 1
		} else {
			high = k
		}
	}
	phase := k % 4
	if len(s.places64) == 0 || int(s.places64[k]) != i || s.decoded[phase] {
		return
	}
	s.decoded[phase] = true
	s.leaf.reset(s.mode == replacing)
	bits, n := uint32(0), 0
	for at := phase; at < len(s.places64); at++ {
		p := s.places64[at]
		bits, n = bits<<6|uint32(base64Digit[l.text[p]]), n+6
		if n >= 8 {
			n -= 8
			first := at - 1 // the digit with this byte's first bit
			s.leaf.add(byte(bits>>n), l, int(s.places64[first]), int(p)+1)
		}
	}
	s.lookLeaf()
}

// inLongRun reports whether the group of base64 at i may be a part of one with as
// many digits as the shortest value has: most words are shorter. It returns where
// it has found digits.
func inLongRun(t []byte, i int) (from, to int, ok bool) {
	from, to = i, i+4
	for from > 0 && to-from < minEncoded+2 && base64Digit[t[from-1]] < 64 {
		from--
	}
	for to < len(t) && to-from < minEncoded+2 && base64Digit[t[to]] < 64 {
		to++
	}
	isBroken := breakAt(t, to) > to || breakBefore(t, from) < from ||
		breakBefore(t, from+1) < from // the n of an escaped end of a line looks like a digit
	return from, to, isBroken || to-from >= minEncoded+2
}

// collectBase64 finds the digits of the stretch of base64 around i, over the
// ends of lines.
func (s *search) collectBase64(l *layer, i int) {
	t := l.text
	start := i
	for start > 0 {
		if b := breakBefore(t, start); b < start {
			start = b
		} else if base64Digit[t[start-1]] < 64 {
			start--
		} else {
			break
		}
	}
	s.places64, s.decoded = s.places64[:0], [4]bool{}
	j := start
	for j < len(t) {
		if b := breakAt(t, j); b > j {
			j = b
		} else if base64Digit[t[j]] < 64 {
			s.places64 = append(s.places64, int32(j))
			j++
		} else {
			break
		}
	}
	s.runEnd = j
	s.mind(t, start-1, start)
	s.mind(t, j, j+1)
}

// breakAt returns where the end of a line at i ends: a real one with what the
// next line is indented by, or one that is escaped. i: there is none.
func breakAt(t []byte, i int) int {
	j := i
	for j < len(t) && (t[j] == '\r' || t[j] == '\n') {
		j++
	}
	if j > i {
		for j < len(t) && (t[j] == ' ' || t[j] == '\t') {
			j++
		}
		return j
	}
	for j+1 < len(t) && t[j] == '\\' && (t[j+1] == 'r' || t[j+1] == 'n') {
		j += 2
	}
	return j
}

// breakBefore returns where the end of a line begins that ends at i, or i.
func breakBefore(t []byte, i int) int {
	j := i
	for j > 0 && (t[j-1] == ' ' || t[j-1] == '\t') {
		j--
	}
	k := j
	for k > 0 && (t[k-1] == '\r' || t[k-1] == '\n') {
		k--
	}
	if k < j {
		return k
	}
	j = i
	for j > 1 && t[j-2] == '\\' && (t[j-1] == 'r' || t[j-1] == 'n') {
		j -= 2
	}
	return j
}

// groups yields the groups of four digits of base64 that any longer text has
// which holds the bytes, one for each of the three ways to align them, in either
// alphabet. anyCase says that the bytes are a text in any case.
func groups(v []byte, anyCase bool, yield func(group []byte)) {
	var group [4]byte
	for k := 0; k < 3 && k+3 <= len(v); k++ {
		for flip := range 8 {
			var three [3]byte
			for i := range three {
				if three[i] = v[k+i]; flip>>i&1 == 1 && isLetter(three[i]) {
					three[i] ^= 0x20
				}
			}
			base64.RawStdEncoding.Encode(group[:], three[:])
			yield(group[:])
			base64.RawURLEncoding.Encode(group[:], three[:])
			yield(group[:])
			if !anyCase {
				break
			}
		}
	}
}
