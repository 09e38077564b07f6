package scrub

// words copies the words from here on that have nothing about them: facts say
// that they stay, and nothing before or behind makes more of them. So go most
// words of most lines.
func (p *pass) words() bool {
	s, start := p.text, p.at
	if p.auth || p.dialed || p.prev&titleWord != 0 {
		return false
	}
	i := start
	for {
		end, apart, r := p.word(i)
		if end == i {
			break
		}
		p.file = r&extension != 0 && has(s, i-1, '.')
		p.follow(r)
		i = end
		if apart && i < len(s) && s[i] != ' ' {
			p.prev = 0
			i++
		}
		if !has(s, i, ' ') || !is(s, i+1, isAlpha) {
			break
		}
		p.file = false
		i++
	}
	if i == start {
		return false
	}
	p.at = i
	return true
}

// word returns the end of the word at i if words may copy it, its role, and
// whether it stands between spaces or before a sign of the sentence.
func (p *pass) word(i int) (end int, apart bool, r role) {
	s := p.text
	end, c := lettersEnd(s, i)
	k, ok := keyAt(s, i, end)
	if !ok || end == i || i == p.hostAt || i == p.userAt {
		return i, false, 0
	}
	apart = c&isJoin == 0 && (i == 0 || class[s[i-1]]&isSpace != 0) && (end == len(s) || s[end] == ' ' || isStop(s, end))
	at := p.facts.at(&k)
	f := at
	if !at.is(&k) {
		if !apart {
			return i, false, 0
		}
		fresh, ok := plainFact(s, i, end, c)
		if !ok {
			return i, false, 0
		}
		f = &fresh
	}
	if p.isMinded(f) || isBeforeAddress(s, end) || !apart && (f.stays&staysApart != 0 || !p.isOpen(f, i, end)) {
		return i, false, 0
	}
	if f != at {
		*at = *f
	}
	return end, apart, f.role
}

// isMinded reports whether a word is to be judged anew for the one before, or
// anywhere.
func (p *pass) isMinded(f *fact) bool {
	return f.stays&(staysCalm|staysApart) == 0 || p.prev&f.minds != 0 || p.linked && f.minds&reachWord != 0 || p.frame && f.stays&staysKnown == 0
}

// isOpen reports whether no parser finds anything at the word s[i:end], which is
// no part of an address or of encoded bytes, and the sign behind makes nothing
// more of it.
func (p *pass) isOpen(f *fact, i, end int) bool {
	s := p.text
	if i >= p.solid {
		p.look(i)
	}
	if p.signs&(isAt|isSlash) != 0 || p.grouped && is(s, i, isHex) || p.paired && has(s, i-1, '(') || p.mayBeModule(s[i]) {
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

// lettersEnd returns the end of the letters at i, hyphens and low lines among
// them, and their classes; or i if more belongs to the unit.
func lettersEnd(s string, i int) (end int, c uint16) {
	end = i
	for ; end < len(s); end++ {
		k := class[s[end]]
		if k&(isAlpha|isJoin) == 0 {
			if k&isUnit != 0 || k&isDot != 0 && is(s, end+1, isUnit) {
				return i, 0
			}
			break
		}
		c |= k
	}
	if is(s, end-1, isJoin) {
		return i, 0
	}
	return end, c
}

// plainFact returns what there is to know of a word of letters between spaces
// that was not seen of late, if it stays there.
func plainFact(s string, i, end int, c uint16) (f fact, ok bool) {
	h := hashAt(s, i, end)
	r := marks(h)
	if r&known == 0 || r&known == known || r&(named|given) != 0 || !isUsual(s[i:end]) {
		return f, false
	}
	if r&special != 0 {
		if r = keyRole(s[i:end], roleIn(r, h, s[i:end]), c); r&^silent != 0 {
			return f, false
		}
	}
	f.keep(s[i:end], r, c, staysKnown)
	return f, true
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

// mindsOf returns the roles of a word that make more of the unit behind it.
func mindsOf(r role, c uint16) role {
	m := titleWord | lookupWord
	if r&namingWord != 0 {
		m |= authWord | dialWord
	}
	if r&placeWord != 0 {
		m |= authWord | namingWord
	}
	if r&english != 0 {
		m |= reachWord
	}
	if c&isJoin != 0 {
		m |= towardWord | reachWord
	}
	return m
}
