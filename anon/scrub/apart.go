package scrub

// replace writes a label for everything up to end.
func (p *pass) replace(end int, label string) {
	p.again = p.again || !p.isApart(end, label == labelIP)
	p.copy()
	p.out = append(p.out, label...)
	p.skip(end)
	p.prev, p.auth, p.linked, p.dialed = 0, false, false, false
	p.paired = label == labelIP || label == labelMAC
	p.file = false
	p.joinedEnd = 0
	p.expect = expectation{}
}

// isApart reports whether what stands beyond the text up to end is judged for
// itself when a label stands there.
func (p *pass) isApart(end int, address bool) bool {
	s, at := p.text, p.at
	if at >= p.solid {
		p.look(at)
	}
	if p.doubled || p.signs&isAt != 0 && classes(s[at:end])&isAt == 0 {
		return false // of what is left in its run an address may be made
	}
	if address && (has(s, at-1, '(') || has(s, at-1, '[')) && !isAddressAt(s, at) {
		return false // a host may stand before it, which did not stand before an address
	}
	if end < len(s) && signs[s[end]]&closes == 0 && !(s[end] == '.' && (end+1 == len(s) || s[end+1] == ' ')) {
		return false
	}
	return at == 0 || signs[s[at-1]]&opens != 0 || s[at-1] == ':' && !has(s, at-2, ':') || address && s[at-1] == '/' && (at == 1 || is(s, at-2, isSpace))
}

// opens and closes are the signs before and behind which a label is read as it
// was written: what stands beyond them is judged for itself. Elsewhere a label
// may make something of its neighbours that it was not before, and the line is
// scrubbed again.
const (
	opens uint8 = 1 << iota
	closes
	binds // a unit goes on behind it, or it is the end of a key or a value
)

var signs = func() (t [256]uint8) {
	for _, b := range []byte(" \t\"'`([{,;=>|") {
		t[b] |= opens
	}
	for _, b := range []byte(" \t\"'`)]},;:=|&!?") {
		t[b] |= closes
	}
	for _, b := range []byte("+\"'`\\") {
		t[b] |= binds
	}
	return t
}()
