package scrub

import "strings"

// Bounds of a token that may pass.
const (
	maxToken    = 64 // bytes
	maxParts    = 10 // words in it
	maxCompound = 24 // bytes of words written together
	longestUnit = 5  // bytes of a word of measure
)

// single returns the label for a token without dots, or "" if it stays.
func (p *pass) single(u string, r role, c uint16) string {
	if p.file && len(u) <= lineDigit && only(u, isNumber) {
		return ""
	}
	return p.judged(u, r, c)
}

// dotted appends the judgement of tokens joined by dots: kept, a label for all
// of them, or a label for each that is not known.
func (p *pass) dotted(out []byte, u string, c uint16) []byte {
	if c&isDot == 0 {
		if l := p.single(u, roleOf(u), c); l != "" {
			return append(out, l...)
		}
		return append(out, u...)
	}
	l, kept := p.whole(u, c)
	switch {
	case kept:
		return append(out, u...)
	case l != "":
		return append(out, l...)
	}
	return p.parts(out, u)
}

// whole returns the label that stands for all of a dotted unit, or "", and
// whether all of it stays.
func (p *pass) whole(u string, c uint16) (label string, kept bool) {
	if c&^(isNumber|isDot) == 0 {
		if strings.HasPrefix(u, "192.168.") {
			return labelIP, false // the first part of one
		}
		if n, longest := groupsOf(u); n > 3 || longest > maxDigits {
			return labelNum, false
		}
		return "", true
	}
	switch {
	case isSecret(u):
		return labelSecret, false
	case c&isNumber != 0 && startsAddress(u):
		return labelIP, false
	case u[0] == 'v' && only(u[1:], isNumber|isDot):
		return labelNum, false
	case p.source:
		return "", false
	}
	first, _, _ := strings.Cut(u, ".")
	last := u[strings.LastIndexByte(u, '.')+1:]
	if isReversed(first) && !isReversed(last) {
		return "", false
	}
	r := roleOf(last)
	if r&domainWord != 0 || r&countryWord != 0 && r&extension == 0 {
		return labelHost, false
	}
	setting := r&technical != 0 && c&isNumber == 0 && (p.at == 0 || p.prev&settingIntro != 0)
	if c&(isCapital|isOther) != 0 || r&(extension|settingWord) != 0 || setting {
		return "", false
	}
	return p.ofPackage(u)
}

// isReversed reports whether a package's name starts with t, the end of its
// maker's domain, or of the language.
func isReversed(t string) bool {
	switch t {
	case "com", "org", "net", "edu", "gov", "io", "java", "javax":
		return true
	}
	return false
}

// ofPackage is whole for small letters: a name of settings or code if every
// part is a technical word; else a host.
func (p *pass) ofPackage(u string) (label string, kept bool) {
	for t := range strings.SplitSeq(u, ".") {
		if r := roleOf(t); r&technical == 0 && p.token(t, classes(t)) != "" || r&english != 0 || r&given != 0 {
			return labelHost, false
		}
	}
	return "", true
}

// startsAddress reports whether u is three numbers and a fourth with something
// glued to it.
func startsAddress(u string) bool {
	dots := 0
	for i := 0; i < len(u); i++ {
		switch {
		case u[i] == '.':
			dots++
		case !is(u, i, isNumber):
			return dots == 3 && is(u, i-1, isNumber)
		}
	}
	return false
}

// groupsOf returns how many parts between dots s has and the longest's length.
func groupsOf(s string) (n, longest int) {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i == len(s) || s[i] == '.' {
			n++
			longest = max(longest, i-start)
			start = i + 1
		}
	}
	return n, longest
}

// parts appends each part that passes and a label for each that does not. What
// is left together is judged again as what it then is.
func (p *pass) parts(out []byte, u string) []byte {
	start := 0 // of the parts that pass
	for i := 0; i <= len(u); {
		end := len(u)
		if j := strings.IndexByte(u[i:], '.'); j >= 0 {
			end = i + j
		}
		if l := p.token(u[i:end], classes(u[i:end])); l != "" {
			out = p.together(out, u, start, i)
			out = append(out, l...)
			if end < len(u) {
				out = append(out, '.')
			}
			start = end + 1
		}
		i = end + 1
	}
	return p.together(out, u, start, len(u)+1)
}

// together appends the parts u[start:end-1], which all pass, and the dot behind
// them if there is one.
func (p *pass) together(out []byte, u string, start, end int) []byte {
	if start >= end || start >= len(u) {
		return out
	}
	if kept := u[start : end-1]; len(kept) < len(u) {
		out = p.dotted(out, kept, classes(kept))
	} else {
		out = append(out, kept...)
	}
	if end <= len(u) {
		out = append(out, '.')
	}
	return out
}

// token returns the label for one token, or "" if it passes. c are its classes.
func (p *pass) token(t string, c uint16) string { return p.judged(t, roleOf(t), c) }

// judged is token for one whose role is known.
func (p *pass) judged(t string, r role, c uint16) string {
	switch {
	case c&isOther != 0:
		return labelWord
	case isSecret(t):
		return labelSecret
	case len(t) > maxToken:
		return labelID
	case c&isNumber != 0:
		return p.number(t, r)
	case p.isKnown(t, r, c):
		return ""
	case len(t) >= 8 && only(t, isHex):
		return labelID
	}
	return labelWord
}

// number judges a token with digits in it.
func (p *pass) number(t string, r role) string {
	digits := 0
	for is(t, digits, isNumber) {
		digits++
	}
	if digits == len(t) {
		if digits <= maxDigits {
			return ""
		}
		return labelNum
	}
	if c := classes(t); c&isJoin != 0 && c&isAlpha != 0 && p.areNumbered(t) {
		return ""
	}
	unit := digits > 0 && len(t)-digits <= longestUnit && only(t[digits:], isAlpha) && roleOf(t[digits:])&unitWord != 0
	switch {
	case unit && digits <= maxDigits || r&known != 0 || isCode(t) || isDocumented(t) || isThread(t) || isVersioned(t) || p.isNumbered(t):
		return ""
	case unit || only(t, isNumber|isJoin):
		return labelNum
	}
	return labelID
}

// isNumbered reports whether t is technical words with small numbers in it, as
// programs name their parts and measures: Uint8Array, 64-bit; in a frame also
// behind them: func1, lambda_12. Elsewhere those are names of hosts (web1).
func (p *pass) isNumbered(t string) bool {
	lead := 0
	for is(t, lead, isNumber) {
		lead++
	}
	if lead > 0 {
		return lead <= maxDigits && has(t, lead, '-') && len(t) > lead+3 && only(t[lead+1:], isSmall) && p.knownWord(t[lead+1:], technical)
	}
	if !p.frame && !is(t, len(t)-1, isSmall) {
		return false
	}
	digits, words := 0, 0
	for i := 0; i < len(t); {
		if is(t, i, isJoin|isNumber) {
			if is(t, i, isNumber) {
				digits++
			} else if !p.frame {
				return false
			}
			i++
			continue
		}
		end := wordEnd(t, i)
		if w := t[i:end]; roleOf(w)&technical == 0 && len(w) > 1 || !p.frame && i > 0 && is(t, i-1, isNumber) && !is(t, i, isCapital) {
			return false
		}
		words += end - i
		i = end
	}
	return digits <= maxDigits && words > 2
}

// isDocumented reports whether t is a code with a known start, of up to six
// digits a group: ORA-00942, CVE-2024-3094.
func isDocumented(t string) bool {
	const most = 6
	i := solidEnd(t, 0)
	if !only(t[:i], isCapital) || roleOf(t[:i])&codeStart == 0 {
		return false
	}
	for i < len(t) {
		if t[i] == '-' {
			i++
		}
		start := i
		for is(t, i, isNumber) {
			i++
		}
		if i == start || i-start > most {
			return false
		}
	}
	return true
}

// isThread reports whether t is a program's part and its number: ReadStage-2.
// One that is called like a host is none.
func isThread(t string) bool {
	const least = 2 // words
	dash := strings.LastIndexByte(t, '-')
	if dash < 0 || !is(t, 0, isCapital) || len(t)-dash-1 > maxDigits || !only(t[dash+1:], isNumber) {
		return false
	}
	words := 0
	for i := 0; i < dash; words++ {
		end := wordEnd(t, i)
		if r := roleOf(t[i:end]); end == i || r&technical == 0 || r&(hostPart|hostWord|rankWord|named|given) != 0 {
			return false
		}
		i = end
	}
	return words >= least
}

// areNumbered reports whether t is words that are known with their numbers and
// technical ones, joined: SHA256_Update. A number alone may count hosts.
func (p *pass) areNumbered(t string) bool {
	for i := 0; i < len(t); i++ {
		start := i
		for is(t, i, isUnit) {
			i++
		}
		w := t[start:i]
		switch c := classes(w); {
		case w == "" || only(w, isNumber):
			return false
		case c&isNumber != 0 && roleOf(w)&technical == 0 && !isVersioned(w):
			return false
		case c&isNumber == 0 && !p.isKnown(w, roleOf(w)&^english, c):
			return false
		}
	}
	return true
}

// isVersioned reports whether t is a technical word with its version: NTLMv2.
func isVersioned(t string) bool {
	n := len(t) - 2
	return n > 1 && t[n] == 'v' && is(t, n+1, isNumber) && roleOf(t[:n])&(technical|acronym) != 0
}

// isSnake reports whether t is several words joined as in names of programs'
// parts, open_file_by_name.
func isSnake(t string, c uint16) bool { return c&isJoin != 0 && strings.Count(t, "_") > 1 }

// isCode reports whether t is a code that documents list: E217. Hex is none:
// a handle, an address and an identifier look the same.
func isCode(t string) bool {
	return len(t) >= 2 && len(t) <= 5 && is(t, 0, isCapital) && only(t[1:], isNumber)
}

func isSecret(t string) bool {
	if len(t) < leastSecret || secretBytes[t[0]]&1 == 0 || secretBytes[t[1]]&2 == 0 {
		return false
	}
	for _, start := range secretStarts {
		if len(t) >= len(start)+8 && t[:len(start)] == start {
			return true
		}
	}
	return false
}

// leastSecret is how long the shortest key with a known start is.
const leastSecret = 11

// secretBytes has 1 for a byte that such a start begins with, 2 for its second.
var secretBytes = func() (t [256]uint8) {
	for _, start := range secretStarts {
		t[start[0]] |= 1
		t[start[1]] |= 2
	}
	return t
}()

// isKnown reports whether every word of a token is known: words are cut at _
// and -, and at capitals (readAll, HTTPServer). Where there are several, plain
// English is not enough: so are products, hosts and customers named.
func (p *pass) isKnown(t string, r role, c uint16) bool {
	if r&known != 0 || len(t) == 1 {
		return true
	}
	end := len(t)
	if c&(isCapital|isJoin) != 0 {
		end = wordEnd(t, 0)
	}
	if end == len(t) {
		return p.passes(t, r, known)
	}
	loose := p.loose
	p.loose = loose || is(t, 0, isSmall) && is(t, end, isCapital) && roleOf(t[:end])&technical != 0
	ok := p.isJoined(t)
	p.loose = loose
	return ok
}

// isJoined reports whether each of several words is a technical one.
func (p *pass) isJoined(t string) bool {
	letters, solid, parts := 0, 0, 0
	for i := 0; i < len(t); {
		if is(t, i, isJoin) {
			i++
			continue
		}
		end := wordEnd(t, i)
		if solid := solidEnd(t, i); solid > end && (i == 0 || is(t, i-1, isJoin)) && roleOf(t[i:solid])&technical != 0 {
			end = solid // VMware
		}
		if !p.knownWord(t[i:end], technical) {
			return false
		}
		letters += end - i
		if end-i > 2 {
			solid += end - i
		}
		parts++
		i = end
	}
	// Bits of two letters alone make any text, encoded bytes included.
	return parts <= maxParts && 2*solid >= letters
}

// solidEnd returns the end of the letters at i.
func solidEnd(t string, i int) int {
	for is(t, i, isAlpha) {
		i++
	}
	return i
}

// wordEnd returns the end of the word at i: before a capital that follows or
// precedes a small letter. The s of several (IDs, URLs) belongs to it.
func wordEnd(t string, i int) int {
	start := i
	for is(t, i, isAlpha) {
		if i > start && is(t, i, isCapital) && (is(t, i-1, isSmall) || is(t, i+1, isSmall)) {
			if i-start > 1 || !has(t, i+1, 's') || is(t, i+2, isSmall) {
				break
			}
		}
		i++
	}
	return i
}

// knownWord reports whether a word passes; need says what it must be for that.
func (p *pass) knownWord(w string, need role) bool {
	if len(w) < 2 {
		return true
	}
	return p.passes(w, roleOf(w), need)
}

// passes is knownWord for one whose role is known.
func (p *pass) passes(w string, r, need role) bool {
	if r&(need|codeWord) != 0 || r&acronym != 0 && only(w, isCapital) || len(w) > 2 && r&(extension|unitWord) != 0 || len(w) == 2 && (p.frame || p.loose) {
		return true
	}
	if n := len(w) - 1; n > 1 && w[n] == 's' && only(w[:n], isCapital) {
		return roleOf(w[:n])&known != 0
	}
	return p.loose && isCompound(w, p.frame)
}

// isCompound reports whether w is two or three technical words written
// together, none of them a name unless it is known to be a program's part. For
// names that programs give to things only: people's are made of words as well.
func isCompound(w string, part bool) bool {
	const least = 3
	if len(w) > maxCompound {
		return false
	}
	names := named | given
	if part {
		names = given
	}
	var reach [maxCompound + 1]uint8 // words up to here, + 1
	reach[0] = 1
	for i := 0; i+least <= len(w); i++ {
		if reach[i] == 0 || reach[i] > 3 {
			continue
		}
		for j := i + least; j <= len(w); j++ {
			if reach[j] > 0 && reach[j] <= reach[i]+1 {
				continue
			}
			if m := marks(hashAt(w, i, j)); m&known == technical && m&names == 0 {
				reach[j] = reach[i] + 1
			}
		}
	}
	return reach[len(w)] > 0
}
