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

// hexStep is how far apart are the bytes that are looked at to find out that hex
// is near: in each stretch of twelve there are three of them, and twelve digits
// are six bytes.
const hexStep = 4

// hexRuns searches what is written in hex, with whatever separators.
func (s *search) hexRuns(l *layer) {
	t := l.text
	for i := 0; i+2*hexStep < len(t) && !s.stop; {
		switch {
		case hexish[t[i+2*hexStep]] == 0:
			i += 3 * hexStep
		case hexish[t[i+hexStep]] == 0:
			i += 2 * hexStep
		case hexish[t[i]] == 0:
			i += hexStep
		default:
			end := s.hexRun(l, i)
			for i += hexStep; i < end; i += hexStep {
			}
		}
	}
}

// hexRun searches one stretch and returns its end. The digits are pairs from
// the first or from the second on: both are read, and the stretch is decoded if
// the set may know any four of the bytes.
func (s *search) hexRun(l *layer, i int) (end int) {
	t := l.text
	start := i
	for start > 0 && hexish[t[start-1]] == 1 {
		start--
	}
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
		may = may || n >= 2*minNeedle && known.has(key)
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
