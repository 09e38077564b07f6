package scrub

import "strings"

// expectation is what the words before say about the next value.
type expectation struct {
	kind   kind
	armed  bool // a = or : came
	strict bool // it was a =, or the > of an XML element
	wide   bool // the = stood behind a space, so a space may follow it
	prose  bool // only "is" came: what it says of a secret is no value
	quoted bool // a value in quotes is one without a sign too
}

type kind uint8

const (
	nothing kind = iota
	secret
	user
	host
	place // what is called like a host, behind a = or in quotes only
	person
	quote // what stands in quotes only
)

// kindLabels are what a value of each kind becomes.
var kindLabels = [...]string{secret: labelSecret, user: labelUser, host: labelHost, place: labelHost, person: labelName, quote: labelWord}

// word takes a token, kept or not, its role and whether two hyphens stand
// before it, as before an option.
func (e *expectation) word(u string, r role, option bool) {
	switch k := kindOf(r); {
	case e.kind == secret && !e.armed && equal(u, "is"):
		e.armed, e.prose = true, true
	case (e.kind == user || e.kind == host) && r&goOnWord != 0:
	case k == nothing:
		*e = expectation{}
	case k == secret:
		*e = expectation{kind: secret, armed: option || equal(u, "bearer"), quoted: true}
	default:
		*e = expectation{kind: k, quoted: r&quotingWord != 0}
	}
}

func kindOf(r role) kind {
	switch {
	case r&secretWord != 0:
		return secret
	case r&userWord != 0:
		return user
	case r&hostWord != 0:
		return host
	case r&placeWord != 0:
		return place
	case r&personWord != 0:
		return person
	case r&quotingWord != 0:
		return quote
	}
	return nothing
}

// keyRole returns the role of a token as a name of values: its own, that of
// its last word, or what it ends in. c are its classes.
func keyRole(u string, r role, c uint16) role {
	const kinds = secretWord | userWord | hostWord | personWord
	if r&kinds != 0 {
		return r
	}
	if c&(isJoin|isDot) != 0 || c&isAlpha == isAlpha {
		if last := lastWord(u); last > 0 {
			if k := roleOf(u[last:]) & kinds; k != 0 {
				return r | k
			}
		}
	}
	if len(u) > leastEnding {
		last := fold[u[len(u)-1]]
		for i := range endings {
			if e := &endings[i]; e.text[len(e.text)-1] == last && endsIn(u, e.text) {
				return r | e.role
			}
		}
	}
	return r
}

// leastEnding is how long the shortest of the endings is.
const leastEnding = 5

// endings are those of names of values that are written together.
var endings = [...]struct {
	text string
	role role
}{
	{"token", secretWord}, {"secret", secretWord}, {"password", secretWord}, {"passwd", secretWord},
	{"apikey", secretWord}, {"username", userWord}, {"userid", userWord}, {"hostname", hostWord},
}

// lastWord returns where the last word of a token starts.
func lastWord(u string) int {
	i := len(u)
	for i > 0 && is(u, i-1, isAlpha) && !(is(u, i-1, isCapital) && is(u, i, isSmall)) {
		i--
	}
	if i > 0 && is(u, i-1, isCapital) && is(u, i, isSmall) {
		i--
	}
	if i == len(u) {
		return 0
	}
	return i
}

func (e *expectation) sign(b byte, spaced bool) {
	if e.kind == nothing {
		return
	}
	switch b {
	case '=':
		e.armed, e.strict, e.wide = true, true, spaced
	case ':':
		e.armed = true
	case '>':
		e.armed, e.strict = true, true
	case '"', '\'', '(', '[', '`', '\\', '{':
	case '-':
		if !spaced {
			*e = expectation{}
		}
	default:
		*e = expectation{}
	}
}

func (e *expectation) space() {
	if e.strict && !e.wide && e.kind != secret {
		*e = expectation{}
	}
}

// value takes the value behind a word and a sign that announce one.
func (p *pass) value() bool {
	e := p.expect
	b := p.text[p.at]
	switch {
	case b == '=' || b == ':' || b == '>' || b == '<' || class[b]&isSpace != 0:
		return false
	case class[b]&isQuote != 0 && (is(p.text, p.at-1, isUnit) || p.isKey(p.at+1, unitEndOr(p.text, p.at+1))):
		return false // the end of a key, or another key
	case class[b]&isQuote != 0:
		return (e.armed || e.quoted && has(p.text, p.at-1, ' ')) && p.quotedValue()
	case b == '\\' && is(p.text, p.at+1, isQuote):
		return false // a quote, escaped
	case e.kind == secret && e.armed:
		return p.secretValue()
	case e.strict && e.kind != secret && e.kind != quote && b != '\\' && b != '{' && b != '[' && b != '(':
		return p.plainValue(kindLabels[e.kind])
	}
	return false
}

// quotedValue takes everything up to the closing quote, which stands at the
// same depth of escaping.
func (p *pass) quotedValue() bool {
	s, start := p.text, p.at
	end := strings.IndexByte(s[start+1:], s[start])
	if end < 0 && p.expect.kind != secret {
		return false
	}
	end += start + 1
	if end <= start {
		end = len(s)
	}
	v := s[start+1 : end]
	if !p.expect.armed && classes(v)&isUnit == 0 {
		return false // a sign, not a value
	}
	if n := len(v); n > 0 && v[n-1] == '\\' {
		end, v = end-1, v[:n-1]
	}
	if p.expect.kind != secret && (v == "" || roleOf(v)&neutralWord != 0) {
		return false
	}
	p.at++
	if v == "" {
		return true
	}
	label := kindLabels[p.expect.kind]
	switch l := labelAt(v, 0); {
	case l == v:
		label = l
	case isAddress(v):
		label = labelIP
	}
	p.replace(end, label)
	return true
}

// secretValue takes everything up to the next space or quote. The name of a
// scheme (Bearer, Basic) stays, and what follows it goes.
func (p *pass) secretValue() bool {
	end := p.at
	for end < len(p.text) && class[p.text[end]]&(isSpace|isQuote) == 0 && p.text[end] != '<' && !p.isNextPair(end) {
		end++
	}
	v := p.text[p.at:end]
	r := roleOf(strings.TrimRight(v, ".,;:!?)"))
	switch {
	case v == "":
		return false
	case r&schemeWord != 0 && end < len(p.text):
		p.at = end
		return true
	case !p.expect.strict && r&plainWord != 0 && (p.expect.prose || has(p.text, p.at-1, ' ')):
		return false // "token: expired"
	case v[len(v)-1] == '=' && is(p.text, end, isQuote):
		p.expect = expectation{} // the values of a scheme, each with a key
		return false
	}
	p.replace(end, labelSecret)
	return true
}

var valueStops = setOf(" \t\"'`,;&)]}<>")

// plainValue takes a user's or host's name behind a =. Labels, addresses and
// what is no name are left to the others.
func (p *pass) plainValue(label string) bool {
	end := valueStops.end(p.text, p.at)
	v := p.text[p.at:end]
	if v == "" || roleOf(v)&neutralWord != 0 || p.expect.kind == place && only(v, isNumber|isDot) {
		return false
	}
	if p.isGrouped(p.at) {
		if at, l := p.ip(); at > p.at {
			p.replace(at, l)
			return true
		}
	}
	if p.signs&isAt != 0 {
		if at, l := p.email(); at > p.at {
			p.replace(at, l)
			return true
		}
	}
	p.replace(end, label)
	return true
}

// named returns the label for a token that stands where somebody or a host is
// named. end is where it ends, c are its classes.
func (p *pass) named(u string, r role, c uint16, end int) string {
	if p.isKey(p.at, end) {
		return ""
	}
	if l := p.announced(u, r); l != "" {
		return l
	}
	if p.isHost(u, r, c, end) {
		return labelHost
	}
	return ""
}

// announced is named by the words before.
func (p *pass) announced(u string, r role) string {
	switch e := p.expect; {
	case e.kind != user && e.kind != host || r&(goOnWord|neutralWord) != 0 || short(u):
	case e.kind == host:
		if e.armed && !isRemark(u, r) && kindOf(r) != host {
			return labelHost
		}
	case e.armed || kindOf(r) == nothing || kindOf(r) == place:
		if p.isAccount(u, r) || !isRemark(u, r) {
			return labelUser
		}
	}
	naming := p.prev&namingWord != 0
	switch {
	case !naming && !p.auth:
	case naming && r&(plainWord|neutralWord) == 0 && isBeforeAddress(p.text, p.at+len(u)):
		return labelHost
	case r&accountWord != 0:
		return labelUser
	case p.auth && r&(plainWord|goOnWord|userWord) == 0:
		return labelUser
	case r&given != 0 && r&technical == 0 && naming:
		return labelName
	}
	return ""
}

// isAccount reports whether a word behind one that announces a user is one,
// though it may say something of users as well.
func (p *pass) isAccount(u string, r role) bool {
	rest := p.text[p.at+len(u):]
	return r&accountWord != 0 && (rest == "" || isStop(rest, 0)) || !endsIn(u, "ed") && strings.HasPrefix(rest, " from ")
}

// isKey reports whether the token s[start:end] is the name of a value: a =
// follows, or it stands in quotes in an object and a colon follows.
func (p *pass) isKey(start, end int) bool {
	s := p.text
	if has(s, end, '=') {
		return true
	}
	if has(s, end, '\\') {
		end++
	}
	if !is(s, end, isQuote) || !has(s, end+1, ':') || !is(s, start-1, isQuote) {
		return false
	}
	for start--; has(s, start-1, '\\') || has(s, start-1, ' '); start-- {
	}
	return has(s, start-1, '{') || has(s, start-1, ',')
}

// isNextPair reports whether a sign stands at i that ends a value in a list of
// them (a=1;b=2), and a key behind it.
func (p *pass) isNextPair(i int) bool {
	s := p.text
	if s[i] != ';' && s[i] != '&' || !is(s, i+1, isAlpha) {
		return false
	}
	for i++; is(s, i, isToken); i++ {
	}
	return has(s, i, '=')
}

// isRemark reports whether a word behind one that announces a name is none: what
// is said of users and hosts, and forms of verbs.
func isRemark(u string, r role) bool {
	const least = 5
	if r&plainWord != 0 {
		return true
	}
	if len(u) < least || r&known == 0 || r&(named|given) != 0 || !only(u, isSmall) {
		return false
	}
	switch stem := u[:len(u)-2]; {
	case endsIn(u, "ing"):
		return isStem(u[:len(u)-3])
	case endsIn(u, "ed"):
		return isStem(stem)
	}
	return endsIn(u, "tion") || endsIn(u, "able") || endsIn(u, "ible") || endsIn(u, "ment")
}

// isStem reports whether a verb's form without its ending is from a known word:
// start, cach(e), stop(p), tr(y).
func isStem(stem string) bool {
	n := len(stem) - 1
	if roleOf(stem)&known != 0 {
		return true
	}
	var buf [maxToken]byte
	switch {
	case n < 1 || n+2 > maxToken:
		return false
	case stem[n] == stem[n-1]:
		return roleOf(stem[:n])&known != 0
	case stem[n] == 'i':
		return roleOf(string(append(append(buf[:0], stem[:n]...), 'y')))&known != 0
	}
	return roleOf(string(append(append(buf[:0], stem...), 'e')))&known != 0
}

// isBeforeAddress reports whether an address in brackets stands at i, as behind
// the name of its host.
func isBeforeAddress(s string, i int) bool {
	if has(s, i, ' ') {
		i++
	}
	return (has(s, i, '[') || has(s, i, '(')) && isAddressOrLabel(s, i+1)
}

func isAddressOrLabel(s string, i int) bool { return isAddressAt(s, i) || labelAt(s, i) == labelIP }

// short reports whether u is a number that passes anywhere.
func short(u string) bool { return len(u) <= maxDigits && only(u, isNumber) }
