package scrub

import "strings"

// look notes the classes of the run of bytes up to the next space, once a run,
// so that parsers which need one of them are not tried in vain.
func (p *pass) look(start int) {
	i := start
	var all, groups uint64
	for ; i < len(p.text) && p.text[i] != ' '; i++ {
		b := separators[p.text[i]]
		all |= b
		groups += b
	}
	c := uint16(all >> groupBits)
	groups &= 1<<groupBits - 1
	p.solid, p.signs = i, c
	p.doubled = groups>>12&maxCounted > 1 && strings.Contains(p.text[start:i], "::")
	p.grouped = p.doubled || i-start > maxCounted || (groups+enough)&full != 0
	p.parsed = p.grouped || c&(isAt|isColon|isSlash|isNumber) != 0
	p.asks = 0
	if c&(isAt|isSlash) != 0 || c&isNumber != 0 && i-start >= leastBlob {
		p.asks = isUnit
	}
	if p.grouped {
		p.asks |= isHex
	}
	if c&isNumber != 0 {
		p.asks |= isNumber | isCapital
	}
}

// separators has the classes of a byte, above what counts the signs between the
// groups of an address, each in 12 bits: dots, colons, hyphens and low lines,
// commas. There must be enough of one: three groups of a MAC have two dots, six
// pairs have five signs, and so has an address with its port. An IPv6 address of
// fewer colons has two together.
var separators = func() (t [256]uint64) {
	t['.'], t[':'], t['-'], t['_'], t[','] = 1, 1<<12, 1<<24, 1<<24, 1<<36
	for b, c := range class {
		t[b] |= uint64(c) << groupBits
	}
	return t
}()

const groupBits = 48

const (
	maxCounted = 1<<11 - 1 // bytes, so that no count is full by itself
	full       = 1<<11 | 1<<23 | 1<<35 | 1<<47
	enough     = full - (2 | 5<<12 | 5<<24 | 5<<36)
)
