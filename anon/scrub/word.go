package scrub

import "math/bits"

// calm copies from here on what has nothing about it, as long as nothing before
// makes more of it: words that facts say stay, numbers, spaces, and signs that
// open and begin nothing. So goes most of most lines. Where it stops, all judges
// are asked.
func (p *pass) calm() {
	s, i := p.text, p.at
	last := min(len(s), p.copied+MaxLine-len(p.out)+1)
	for i < last {
		b := s[i]
		c := class[b]
		switch {
		case c&isAlpha != 0:
			end := p.word(i)
			if end == i {
				p.at = i
				return
			}
			i = end
		case b == ' ':
			p.file = false
			i++
		case plain[b] || p.isPlainSign(i):
			p.file = p.file && (b == ':' || b == '(')
			p.prev = 0
			i++
		default:
			p.at = i
			if c&isNumber == 0 || !p.plainNumber() {
				return
			}
			i = p.at
			last = min(len(s), p.copied+MaxLine-len(p.out)+1)
		}
	}
	p.at = i
}

// plain are the signs that nothing begins with.
var plain = setOf("=,;.)[]{}!?#&*|^`>@")

// isPlainSign reports whether nothing begins with the sign at i: with a colon an
// address may, with a hyphen a key, in parentheses a phone number, in quotes a
// name or a value.
func (p *pass) isPlainSign(i int) bool {
	s := p.text
	switch s[i] {
	case ':':
		return !has(s, i+1, ':') || !p.isGrouped(i) && !p.mayBeModule(':')
	case '-':
		return !has(s, i+1, '-')
	case '(':
		return !is(s, i+1, isNumber) && !p.mayBeModule('(')
	case '\'':
		return !p.sql
	}
	return false
}

// isGrouped reports whether the run that goes on at i has as many signs as an
// address has.
func (p *pass) isGrouped(i int) bool {
	if i >= p.solid {
		p.look(i)
	}
	return p.grouped
}

// word returns the end of the word at i and notes what it says, if nothing makes
// more of it. Else it is i, and p.seen is what was found out.
func (p *pass) word(i int) (end int) {
	s := p.text
	end, k, ok := lettersAt(s, i)
	if !ok || i == p.hostAt || i == p.userAt || p.isModule(i) {
		return i
	}
	at := p.facts.at(&k)
	f := at
	var fresh fact
	apart := (i == 0 || class[s[i-1]]&isSpace != 0) && (end == len(s) || s[end] == ' ' || isStop(s, end))
	known := at.is(&k)
	if !known {
		c, h := classes(s[i:end]), hashAt(s, i, end)
		m := marks(h)
		p.seen = seen{at: i, end: end, class: c, role: keyRole(s[i:end], roleIn(m, h, s[i:end]), c), fact: at}
		if !apart || c&isJoin != 0 || !isPlainWord(s[i:end], m, p.seen.role) {
			return i
		}
		fresh.keep(s[i:end], p.seen.role, c, staysKnown)
		f = &fresh
	}
	apart = apart && f.class&isJoin == 0
	if p.isMinded(f) || isBeforeAddress(s, end) || !apart && (f.stays&staysApart != 0 || !p.isOpen(f, i, end)) {
		if known {
			p.seen = seen{i, end, f.class, f.stays, f.role, at}
		}
		return i
	}
	if !known {
		*at = fresh
	}
	p.file = f.role&extension != 0 && has(s, i-1, '.')
	p.follow(f.role)
	return end
}

// seen is what was found out about a unit that is judged next: where it stands,
// its classes, where its fact says that it stays, its role as keyRole says, and
// where its fact is or belongs.
type seen struct {
	at, end int
	class   uint16
	stays   uint8
	role    role
	fact    *fact
}

// isMinded reports whether a word is to be judged anew for the one before, or
// anywhere.
func (p *pass) isMinded(f *fact) bool {
	minds := minded[f.minds%16]
	return f.stays&(staysCalm|staysApart) == 0 || p.prev&minds != 0 || p.linked && minds&reachWord != 0 || p.frame && f.stays&staysKnown == 0
}

// isOpen reports whether no parser finds anything at the word s[i:end], which is
// no part of an address or of encoded bytes, and the sign behind makes nothing
// more of it.
func (p *pass) isOpen(f *fact, i, end int) bool {
	s := p.text
	if p.paired && has(s, i-1, '(') || p.mayBeModule(s[i]) {
		return false
	}
	if (f.class&isJoin != 0 || !isBound(s, end)) && (p.isGrouped(i) && is(s, i, isHex) || p.signs&(isAt|isSlash) != 0) {
		return false
	}
	switch {
	case end == len(s):
	case s[end] == '=':
		return f.role&attributeWord == 0 && f.stays&(staysKnown|staysLoose) != 0
	case s[end] == ':':
		return !p.linked && p.prev&(towardWord|reachWord) == 0 // a port may follow
	default:
		return signs[s[end]]&binds == 0
	}
	return true
}

// isBound reports whether nothing that a parser finds goes on at i, at most
// digits in groups: no address, URL, path or e-mail, and nothing encoded.
func isBound(s string, i int) bool {
	if i == len(s) {
		return true
	}
	switch s[i] {
	case ' ', ';', ')', ']', '}':
		return true
	case ',':
		return !is(s, i+1, isNumber)
	case ':':
		return has(s, i+1, ' ')
	}
	return false
}

// lettersAt returns the end of the letters at i, hyphens and low lines among
// them, and their key; ok says that they are a unit, and not too long for one.
func lettersAt(s string, i int) (end int, k key, ok bool) {
	w := eightFrom(s, i)
	if stop := noLetters(w); stop != 0 {
		end, k.first = i+bits.TrailingZeros64(stop)>>3, w&(stop&-stop>>7-1)
	} else {
		end, k = longAt(s, i, w)
	}
	if end < len(s) {
		if c := class[s[end]]; c&isToken != 0 || c&isDot != 0 && is(s, end+1, isUnit) {
			return end, k, false
		}
	}
	return end, k, class[s[end-1]]&isJoin == 0
}

// longAt is lettersAt for letters that go on behind the first eight.
func longAt(s string, i int, first uint64) (end int, k key) {
	k.first = first
	for _, part := range [...]*uint64{&k.second, &k.third, &k.fourth} {
		i += 8
		w := eightFrom(s, i)
		if stop := noLetters(w); stop != 0 {
			*part = w & (stop&-stop>>7 - 1)
			return i + bits.TrailingZeros64(stop)>>3, k
		}
		*part = w
	}
	return i + 8, k
}

// noLetters has the highest bit of each byte of w that is no ASCII letter, hyphen
// or low line. There are no control characters among them.
func noLetters(w uint64) uint64 {
	const (
		ones = 0x0101010101010101
		low  = 0x7f * ones
	)
	l := w&low | 0x20*ones // small letters, and 0x7f for a low line
	letters := (l+(0x80-'a')*ones)&^(l+(0x7f-'z')*ones) | (l + ones) | ^(l ^ '-'*ones + low)
	return (w | ^letters) & (0x80 * ones)
}

// isPlainWord reports whether a word of letters between spaces that was not seen
// of late stays there. m are its marks.
func isPlainWord(u string, m, r role) bool {
	if m&known == 0 || m&known == known || m&(named|given) != 0 || !isUsual(u) {
		return false
	}
	return m&special == 0 || r&^silent == 0
}

// isUsual reports whether all letters but the first are small.
func isUsual(u string) bool { return len(u) > 1 && classes(u[1:])&isAlpha == isSmall }

// silent are the roles of a word that stays behind any other and announces no
// value. What it says of the word behind it, that word's judge asks.
const silent = inTable | acronym | authWord | plainWord | goOnWord | neutralWord | namingWord | introWord | extension | codeWord |
	binaryWord | domainWord | countryWord | unitWord | settingWord | settingIntro | homeWord | placeWord | linkWord | dialWord |
	genericWord | towardWord | reachWord | lookupWord | hostPart | rankWord | machineWord | serviceWord | levelWord | codeStart |
	attributeWord | countedWord

// stirring are the roles of a word that is judged where it stands.
const stirring = secretWord | userWord | hostWord | personWord | quotingWord | accountWord | titleWord | sqlVerb | sqlClause | given

// calmness says whether a unit that stays does so behind any word that it does
// not mind, or between spaces only.
func calmness(u string, r role, c uint16) uint8 {
	switch {
	case c&^(isAlpha|isHexLetter|isJoin) != 0 || len(u) < 2 || r&stirring != 0:
		return 0
	case r&placeWord != 0:
		if m := marks(hashOf(u)) & (known | named | given); r&^silent == 0 && isUsual(u) && (m == technical || m == english) {
			return staysApart
		}
		return 0
	case isTitled(u, c) && isNameOf(r):
		return 0
	case c&isJoin != 0:
		if parts, ranks := hostParts(u); parts > 0 && ranks > 0 {
			return 0
		}
	}
	return staysCalm
}

// What makes a unit mind the word before.
const (
	mindsNaming uint8 = 1 << iota
	mindsPlace
	mindsEnglish
	mindsJoin
)

// mindsOf returns what makes a unit mind the word before.
func mindsOf(r role, c uint16) (m uint8) {
	if r&namingWord != 0 {
		m |= mindsNaming
	}
	if r&placeWord != 0 {
		m |= mindsPlace
	}
	if r&english != 0 {
		m |= mindsEnglish
	}
	if c&isJoin != 0 {
		m |= mindsJoin
	}
	return m
}

// minded are the roles of a word that make more of the unit behind it, by what
// that minds.
var minded = func() (t [16]role) {
	for m := range t {
		t[m] = titleWord | lookupWord
		for flag, r := range map[uint8]role{mindsNaming: authWord | dialWord, mindsPlace: authWord | namingWord, mindsEnglish: reachWord, mindsJoin: towardWord | reachWord} {
			if uint8(m)&flag != 0 {
				t[m] |= r
			}
		}
	}
	return t
}()
