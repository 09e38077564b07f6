package scrub

import "strings"

// maxPort is how many digits a port has.
const maxPort = 5

// follow notes the role of a word that stays for those behind it.
func (p *pass) follow(r role) {
	p.linked = p.prev&linkWord != 0 && r&towardWord != 0
	p.dialed = p.linked && p.prev&dialWord != 0 && r&namingWord != 0
	p.prev, p.paired = r, false
}

// isHost reports whether a token is a host's name by where it stands and what it
// is made of: an instance's role and rank (db-primary) anywhere; a word with a
// port, or one that is plain English only, behind what is said of hosts.
func (p *pass) isHost(u string, r role, c uint16, end int) bool {
	if p.frame || p.source || c&(isOther|isNumber) != 0 || r&(plainWord|neutralWord|countedWord) != 0 {
		return false
	}
	s := p.text
	reach := p.linked || p.prev&reachWord != 0
	toward := p.prev&towardWord != 0
	switch {
	case c&isDot != 0:
		return (reach || toward) && c&isCapital == 0 && isDomainName(u)
	case c&isJoin != 0:
		parts, ranks := hostParts(u)
		return parts > 0 && ranks > 0 || reach && parts+ranks > 0 || (reach || toward) && isMachine(u)
	}
	if reach || toward {
		port := has(s, end, ':') && isPort(s, end+1)
		if port || reach && has(s, end, ':') && is(s, end+1, isSlash) && is(s, end+2, isUnit) {
			return true
		}
	}
	if p.dialed && c&isAlpha == isSmall && len(u) > 2 && r&genericWord == 0 && !isRemark(u, r) {
		return true
	}
	if p.prev&lookupWord != 0 && !isRemark(u, r) && (has(s, end, ':') || strings.HasPrefix(s[end:], " on ")) {
		return true
	}
	if p.paired && has(s, p.at-1, '(') && has(s, end, ')') || isBeforeAddress(s, end) {
		return r&technical == 0 || r&(named|given) != 0
	}
	return reach && r&known == english && c&isAlpha == isSmall && len(u) > 3 && !isRemark(u, r)
}

// isDomainName reports whether words joined by dots may be a host's: they are
// not called like a file, a package or a setting.
func isDomainName(u string) bool {
	first, _, _ := strings.Cut(u, ".")
	last := roleOf(u[lastDot(u):])
	return !isReversed(first) && last&(extension|settingWord|serviceWord) == 0
}

// isMachine reports whether the last word between hyphens is a kind of machine,
// and one before says what it does: mail-gateway.
func isMachine(u string) bool {
	dash := strings.LastIndexByte(u, '-')
	if dash < 0 || roleOf(u[dash+1:])&machineWord == 0 {
		return false
	}
	parts, _ := hostParts(u[:dash])
	return parts > 0
}

// isPort reports whether the number of a port stands at i, and no more.
func isPort(s string, i int) bool {
	start := i
	for is(s, i, isNumber) {
		i++
	}
	if i-start < 2 || i-start > maxPort {
		return labelAt(s, start) == labelNum
	}
	return i == len(s) || signs[s[i]]&closes != 0 || s[i] == '/' || s[i] == '.' && !is(s, i+1, isUnit)
}

// hostParts counts the words between hyphens that say what a host does, and
// those that say which of several it is.
func hostParts(u string) (parts, ranks int) {
	for i := 0; i < len(u); {
		end := i
		for end < len(u) && u[end] != '-' {
			end++
		}
		switch r := roleOf(u[i:end]); {
		case r&hostPart != 0:
			parts++
		case r&rankWord != 0:
			ranks++
		}
		i = end + 1
	}
	return parts, ranks
}
