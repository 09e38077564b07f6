package own

import "net/netip"

// addressAt reads the IPv6 address whose first group begins at i, or which is
// mapped from IPv4 and has its ffff there, and reports whether it is this
// host's. It stands for itself whatever letters it is glued to, and is no part
// of a longer address; loose says that it may be.
func (ids *Identifiers) addressAt(text []byte, i int, k kind, m mode, loose bool) (from, to int, ok bool) {
	if k == mapped6 {
		from, ok = mappedStart(text, i)
		if !ok {
			return 0, 0, false
		}
	} else if from = i; followsGroup(text, i) && !loose {
		return 0, 0, false
	}
	a := readAddress(text, from)
	if to, ok = ids.ownAddress(text, &a, loose); ok || m == scanning {
		return from, to, ok
	}
	// A port without brackets reads like one more group.
	if a.n > 0 && a.dotted == 0 && a.gap >= 0 && a.gap < a.n {
		a.n--
		if a.n == a.gap {
			a.end = a.starts[a.n]
		} else {
			a.end = a.starts[a.n] - 1
		}
		to, ok = ids.ownAddress(text, &a, loose)
	}
	return from, to, ok
}

// mappedStart returns where an address begins that has only zeros before i.
func mappedStart(text []byte, i int) (from int, ok bool) {
	for from = i; from > 0 && i-from < 40 && (text[from-1] == ':' || text[from-1] == '0'); {
		from--
	}
	if from == i || text[i-1] != ':' || i+4 >= len(text) || text[i+4] != ':' {
		return 0, false
	}
	for text[from] == ':' && (from+1 == i || text[from+1] != ':' || text[from+2] == ':') {
		from++ // the colon is of something before
	}
	return from, from < i
}

// followsGroup reports whether a colon and a group stand before i, and no word.
func followsGroup(text []byte, i int) bool {
	if i == 0 || text[i-1] != ':' {
		return false
	}
	j := i - 1
	for j > 0 && i-j < 40 && (hexDigit[text[j-1]] < 16 || text[j-1] == ':') {
		j--
	}
	return j < i-1 && (j == 0 || !isLetter(text[j-1]) && text[j-1] != '_')
}

// read6 is an IPv6 address as it was read.
type read6 struct {
	groups [8]uint16
	starts [8]int // of groups in the text
	n      int
	gap    int // how many groups stand before ::, or -1
	dotted int // how many of the last groups are written as IPv4
	end    int
}

// readAddress reads as much as there is of an address from i on.
func readAddress(text []byte, i int) (a read6) {
	a.gap = -1
	if i+1 < len(text) && text[i] == ':' && text[i+1] == ':' {
		a.gap = 0
		i += 2
	}
	a.end = i
	for a.n < 8 {
		v, n := number(text[i:], 16, 4)
		if n == 0 {
			break
		}
		if quad, size := readQuad(text[i:]); size > 0 && a.n < 7 {
			a.put(quad>>16, i)
			a.put(quad, i)
			a.dotted, a.end = 2, i+size
			break
		}
		a.put(uint32(v), i)
		i += n
		a.end = i
		if i >= len(text) || text[i] != ':' {
			break
		}
		if i+1 < len(text) && text[i+1] == ':' && a.gap < 0 {
			a.gap = a.n
			i++
			a.end = i + 1
		}
		i++
	}
	return a
}

func (a *read6) put(v uint32, at int) {
	a.groups[a.n], a.starts[a.n] = uint16(v), at
	a.n++
}

// readQuad reads four decimal numbers with dots.
func readQuad(t []byte) (v uint32, n int) {
	for k := range 4 {
		if k > 0 {
			if n >= len(t) || t[n] != '.' {
				return 0, 0
			}
			n++
		}
		part, digits := number(t[n:], 10, 3)
		if digits == 0 || part > 255 {
			return 0, 0
		}
		v, n = v<<8|uint32(part), n+digits
	}
	return v, n
}

// ownAddress reports whether what was read is an address of this host, and
// where it ends. Its last group may be glued to a word.
func (ids *Identifiers) ownAddress(text []byte, a *read6, loose bool) (end int, ok bool) {
	if ids.has(a) {
		return a.end, loose || a.dotted > 0 || !isHexAt(text, a.end) || !isHexWord(text, a.end)
	}
	if a.n == 0 || a.dotted > 0 || a.gap == a.n {
		return 0, false
	}
	last := a.n - 1
	start, whole := a.starts[last], a.groups[last]
	if isHexWord(text, start) && !loose {
		return 0, false
	}
	for end := a.end - 1; end > start; end-- {
		a.groups[last] >>= 4
		if ids.has(a) {
			a.groups[last] = whole
			return end, true
		}
	}
	a.groups[last] = whole
	if a.gap == last { // all of it is a word
		a.n--
		ok = ids.has(a)
		a.n++
	}
	return start, ok
}

func (ids *Identifiers) has(a *read6) bool {
	if a.gap < 0 && a.n != 8 || a.n > 8 {
		return false
	}
	var b [16]byte
	for i := range a.n {
		k := i
		if a.gap >= 0 && i >= a.gap {
			k = i + 8 - a.n
		}
		b[2*k], b[2*k+1] = byte(a.groups[i]>>8), byte(a.groups[i])
	}
	_, ok := ids.addresses[netip.AddrFrom16(b)]
	return ok
}
