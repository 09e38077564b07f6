package own

// hexDigit is the value of a digit in base 16, and 0xff of any other byte.
var hexDigit = func() (t [256]byte) {
	for i := range t {
		t[i] = 0xff
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	for i, c := range []byte("ABCDEF") {
		t[c] = byte(10 + i)
	}
	return t
}()

// hexish is 1 of digits in base 16 and of what stands between two of them.
var hexish = func() (t [256]uint8) {
	for i, v := range hexDigit {
		if v < 16 {
			t[i] = 1
		}
	}
	for _, c := range []byte("xX:-., _;\t\r\n") {
		t[c] = 1
	}
	return t
}()

// hexWindow is how many bytes are looked at to find out that hex is near: each
// stretch of 11 has one such window, and twelve digits are six bytes.
const hexWindow = 6

// hexRuns searches what is written in hex, with whatever separators.
func (s *search) hexRuns(l *layer) {
	t := l.text
	for i := 0; i+hexWindow <= len(t) && !s.stop; i += hexWindow {
		if w := t[i : i+hexWindow : i+hexWindow]; hexish[w[0]]&hexish[w[1]]&hexish[w[2]]&hexish[w[3]]&hexish[w[4]]&hexish[w[5]] == 1 {
			i = max(i, s.hexRun(l, i)-hexWindow)
		}
	}
}

// hexRun searches one stretch and returns its end. Most have too few digits for
// anything to begin in them.
func (s *search) hexRun(l *layer, i int) (end int) {
	t := l.text
	start, digits := i, uint8(0)
	for start > 0 && hexish[t[start-1]] == 1 {
		start--
	}
	for end = i; end < len(t) && hexish[t[end]] == 1; end++ {
	}
	if end-start < 2*minNeedle {
		return end
	}
	for _, b := range t[start:min(end, start+hexCounted)] {
		digits += hexDigit[b]>>7 ^ 1
	}
	if digits >= 2*minNeedle || end-start > hexCounted {
		return s.hexDigits(l, start)
	}
	return end
}

// hexCounted is how far the digits of a stretch are counted before they are read.
const hexCounted = 64

// hexDigits reads the stretch that begins at start and returns its end. The
// digits are pairs from the first or from the second on: both are read, and the
// stretch is decoded if something may begin with any four of the bytes.
func (s *search) hexDigits(l *layer, start int) (end int) {
	t := l.text
	known := &s.ids.decoded
	n, may := 0, false
	var before uint8
	var key, other uint32 // four bytes that end here, and that ended one digit before
	for end = start; end < len(t) && hexish[t[end]] == 1; end++ {
		v := hexDigit[t[end]]
		if v >= 16 {
			continue
		}
		if v == 0 && isPrefix(t, end) {
			end++
			continue
		}
		key, other = other>>8|uint32(canon[before<<4|v])<<24, key
		before = v
		n++
		may = may || n >= 2*minNeedle && known.has(key) && known.may(key) && s.beginsHex(t[start:], end-start)
	}
	if may {
		s.mind(t, start-1, start)
		s.mind(t, end, end+1)
	}
	if may && n >= 2*minEncoded {
		s.decodeHex(l, start, end)
	}
	return end
}

// isPrefix reports whether 0x and a digit stand at i.
func isPrefix(t []byte, i int) bool {
	return i+2 < len(t) && canon[t[i+1]] == 'x' && hexDigit[t[i+2]] < 16
}

func (s *search) decodeHex(l *layer, start, end int) {
	t := l.text
	s.digits, s.places = s.digits[:0], s.places[:0]
	for i := start; i < end; i++ {
		v := hexDigit[t[i]]
		if v == 0 && isPrefix(t, i) {
			i++
		} else if v < 16 {
			s.digits, s.places = append(s.digits, v), append(s.places, int32(i))
		}
	}
	for phase := range 2 {
		s.leaf.reset(s.mode == replacing)
		for k := phase; k+1 < len(s.digits); k += 2 {
			s.leaf.add(s.digits[k]<<4|s.digits[k+1], l, int(s.places[k]), int(s.places[k+1])+1)
		}
		s.lookLeaf()
	}
}

// beginsHex reports whether anything may begin with the four bytes of hex of
// which the last digit stands at last. The set alone says so of long columns of
// numbers.
func (s *search) beginsHex(t []byte, last int) bool {
	b, n := hexFrom(t, hexStart(t, last))
	if c := b[:minNeedle]; s.ids.marks&markHigh != 0 && !isASCII(c) || // letters are folded later
		c[0] == 0 && c[2] == 0 || c[1] == 0 && c[3] == 0 { // UTF-16
		return true
	}
	if _, _, ok := s.ids.sums.at(b[:n]); ok {
		return true
	}
	bare := keyOf(b[:minNeedle])
	return s.ids.raw.has(bare) || s.ids.long.has(canonKey(bare))
}

// hexStart returns where the first of eight digits stands, of which the last
// stands at i.
func hexStart(t []byte, i int) int {
	for n := 1; n < 2*minNeedle; {
		i--
		if hexDigit[t[i]] >= 16 {
			continue
		}
		if t[i] == '0' && isPrefix(t, i) {
			continue
		}
		n++
	}
	return i
}

// hexFrom returns as many bytes as a digest is compared by, or fewer, that are
// written from i on.
func hexFrom(t []byte, i int) (b [sumBytes + 1]byte, n int) {
	digits := 0
	for ; i < len(t) && hexish[t[i]] == 1 && digits < 2*len(b); i++ {
		v := hexDigit[t[i]]
		if v == 0 && isPrefix(t, i) {
			i++
		} else if v < 16 {
			b[digits/2] = b[digits/2]<<4 | v
			digits++
		}
	}
	return b, digits / 2
}
