package scrub

// pass is one walk over one line.
type pass struct {
	text    string
	modules []string
	facts   facts
	out     []byte
	at      int // next byte to read
	copied  int // bytes from here to at stay as they are, and are not in out yet

	expect    expectation
	prev      role   // of the kept word before, if only spaces came since
	auth      bool   // the words before are like "password for"
	linked    bool   // they are like "linked to", "request from": a host may follow
	dialed    bool   // and like "connected to": a host follows, though it is called like a thing
	paired    bool   // an address came just before: what stands in parentheses may be its host
	file      bool   // a source's name came just before: a line number may follow
	frame     bool   // the line is a stack frame
	source    bool   // what is judged is on a source's path
	loose     bool   // words written together are judged one by one
	verb      bool   // a verb of SQL came
	sql       bool   // and what its clauses begin with: what is in quotes is a value
	hostAt    int    // where a log line's own host stands, or -1
	userAt    int    // where the user stands whose command the line tells, or -1
	joinedEnd int    // end of words joined by slashes that stay
	solid     int    // end of the last run without spaces that was looked through
	signs     uint16 // classes of all bytes of that run
	grouped   bool   // it has as many signs as an address has
	doubled   bool   // it has two colons together: what is replaced there may make an address of the rest
	parsed    bool   // a parser may find something in it
	asks      uint16 // classes of letters and digits where one may
	again     bool   // what was replaced may change how its neighbours are judged
	seen      seen   // the last unit of which more is to be made than its fact says, if any
}

// begin makes the pass ready for a line; its buffer is used again.
func (p *pass) begin(text string) {
	host, user := header(text)
	*p = pass{text: text, modules: p.modules, facts: p.facts, out: p.out[:0], hostAt: host, userAt: user, frame: isFrame(text)}
}

// isSettled reports whether a further pass would change nothing for sure: no
// label may change how its neighbours are judged, and what the line begins
// with says the same as before.
func (p *pass) isSettled() bool {
	if p.again {
		return false
	}
	head := p.out[:min(len(p.out), 2*maxHeader)]
	if !p.frame && !mayName(head) && !mayFrame(head) {
		return true
	}
	s := string(head)
	host, user := header(s)
	return !is(s, host, isUnit) && !is(s, user, isUnit) && isFrame(s) == p.frame
}

func (p *pass) run() {
	for p.at < len(p.text) && len(p.out)+p.at-p.copied <= MaxLine {
		calm := p.expect.kind == nothing && !p.auth && !p.dialed && p.prev&titleWord == 0
		if calm {
			if p.calm(); p.at == len(p.text) {
				break
			}
		}
		b := p.text[p.at]
		c := class[b]
		switch {
		case c&isSpace != 0:
			p.space()
		case p.at == p.hostAt:
			p.replace(unitEnd(p.text, p.at), labelHost)
		case p.at == p.userAt && c&isUnit != 0:
			p.replace(unitEnd(p.text, p.at), labelUser)
		case p.expect.kind != nothing && p.value():
		case b == '<' && labelAt(p.text, p.at) != "":
			p.label()
		case !calm && c&isNumber != 0 && p.plainNumber():
		case !p.isAlone(b) && p.structure(b, c):
		case c&isUnit != 0:
			p.unit()
		default:
			p.sign(b)
		}
	}
	p.copy()
}

// copy writes what stays up to here.
func (p *pass) copy() {
	p.out = append(p.out, p.text[p.copied:p.at]...)
	p.copied = p.at
}

// skip says that the text is written up to end.
func (p *pass) skip(end int) { p.at, p.copied = end, end }

// isStop reports whether a sign of the sentence ends the run at i.
func isStop(s string, i int) bool {
	switch s[i] {
	case '.', ',', ';', ':', '!', '?', ')':
		return i+1 == len(s) || class[s[i+1]]&isSpace != 0
	}
	return false
}

func (p *pass) space() {
	p.at++
	p.file = false
	p.expect.space()
}

// label copies a label that stands in the text already, and takes what belongs
// to the value that it stands for.
func (p *pass) label() {
	l := labelAt(p.text, p.at)
	end := p.at + len(l)
	switch {
	case has(p.text, end, '@') && isDomain(p.text, end+1):
		l, end = labelEmail, domainEnd(p.text, end+1)
	case l == labelPath && is(p.text, end, isSlash) && !p.frame:
		end = p.pathEnd(end)
	}
	p.replace(end, l)
}

// structure asks the parsers that the byte and the classes in its run give a
// chance.
func (p *pass) structure(b byte, c uint16) bool {
	if c&isUnit == 0 && !starts[b] {
		return false
	}
	if p.at >= p.solid {
		p.look(p.at)
	}
	switch {
	case c&isUnit != 0:
		if c&p.asks == 0 && !p.mayBeModule(b) {
			return false
		}
	case b == ':' && (!p.grouped || !has(p.text, p.at+1, ':')) || !p.parsed && b != '~' && b != '-' && !p.mayBeModule(b):
		return false
	}
	end, label := p.parse(b, c)
	if end <= p.at {
		return false
	}
	if label != "" {
		p.replace(end, label)
	} else {
		p.skip(end)
		p.again = true
	}
	return true
}

// isAlone reports whether a word of letters stands here that was seen already, and
// behind which nothing goes on: no parser finds anything at it.
func (p *pass) isAlone(b byte) bool {
	n := &p.seen
	return n.at == p.at && n.fact != nil && n.class&isJoin == 0 && isBound(p.text, n.end) && !p.mayBeModule(b)
}

// starts are the signs that a parser's find may begin with.
var starts = [256]bool{'-': true, ':': true, '/': true, '\\': true, '~': true, '%': true, '$': true, '+': true, '(': true}

// parse asks the parsers in order and returns where the first find ends, and
// its label. Without a label it is written already.
func (p *pass) parse(b byte, c uint16) (end int, label string) {
	signs := p.signs
	if b == '-' {
		return p.privateKey()
	}
	if c&isAlpha != 0 && signs&(isColon|isSlash) == isColon|isSlash {
		if end, label = p.url(); end > p.at {
			return end, label
		}
	}
	if c&isUnit != 0 && signs&isAt != 0 {
		if end, label = p.email(); end > p.at {
			return end, label
		}
	}
	if p.grouped && c&(isHex|isColon) != 0 && isGroup(p.text, p.at) {
		if end, label = p.address(); end > p.at {
			return end, label
		}
	}
	if p.mayBeModule(b) {
		if end = p.module(); end > p.at {
			return end, ""
		}
	}
	if signs&isSlash != 0 || b == '~' {
		if end, label = p.path(); end > p.at {
			return end, label
		}
	}
	if signs&isNumber != 0 {
		return p.digits(b, c)
	}
	return 0, ""
}

// address takes an IP address or a MAC.
func (p *pass) address() (end int, label string) {
	if end, label = p.ip(); end > p.at {
		return end, label
	}
	return p.mac()
}

// digits takes what is known by its digits.
func (p *pass) digits(b byte, c uint16) (end int, label string) {
	if c&isCapital != 0 {
		if end, label = p.iban(); end > p.at {
			return end, label
		}
	}
	if c&isNumber != 0 || b == '+' || b == '(' {
		if end, label = p.numbers(); end > p.at {
			return end, label
		}
	}
	if c&isUnit != 0 {
		return p.blob()
	}
	return 0, ""
}

// sign copies one byte that is no letter, digit or space.
func (p *pass) sign(b byte) {
	s := p.text
	if p.sql && b == '\'' && p.literal() || b == '"' && p.displayName() {
		return
	}
	p.at++
	if b != ':' && b != '(' {
		p.file = false
	}
	if b != '.' || p.prev&titleWord == 0 {
		p.prev = 0
	}
	if b == '<' && has(s, p.at-2, '=') {
		return // user=<mark>
	}
	p.expect.sign(b, p.at >= 2 && s[p.at-2] == ' ')
}

// literal takes a value in single quotes in SQL.
func (p *pass) literal() bool {
	end := p.at + 1
	for end < len(p.text) && p.text[end] != '\'' {
		end++
	}
	if end == p.at+1 || end == len(p.text) {
		return false
	}
	p.again = p.again || !p.isApart(end, false)
	p.at++
	label := labelWord
	if l := labelAt(p.text, p.at); l != "" && p.at+len(l) == end {
		label = l
	}
	p.replace(end, label)
	p.at++
	return true
}

// unit judges one token, or several joined by dots.
func (p *pass) unit() {
	s := p.text
	n := p.known()
	end, c, f, r, stays := n.end, n.class, n.fact, n.role, n.stays
	u := s[p.at:end]
	if c == isNumber && p.expect.kind == nothing && !p.auth {
		p.judge(u, r, c, nil, 0, false)
		return
	}
	if c&isSmall != 0 && is(u, 0, isCapital) {
		if end := p.person(u, r, end, c); end > 0 {
			p.replace(end, labelName)
			return
		}
	}
	if r&hostWord != 0 && c&isAlpha == isAlpha && c&isJoin == 0 && !p.isKey(p.at, end) && roleOf(u)&hostWord == 0 {
		r &^= hostWord // HttpServer is a part of a program, unless it has a value
		f = nil        // which its fact would not know
	}
	if r&attributeWord != 0 && has(s, end, '=') {
		if end, l := p.dn(end); end > 0 {
			p.replace(end, l)
			return
		}
	}
	if l := p.named(u, r, c, end); l != "" {
		p.replace(end, l)
		return
	}
	option := p.at > 1 && s[p.at-1] == '-'
	if c&(isNumber|isJoin|isDot|isOther) == 0 && r&known != 0 && len(u) > 1 {
		if f != nil && stays&staysKnown == 0 {
			f.keep(u, r, c, staysKnown)
		}
		p.at = end
		p.after(u, r, c, true, option)
		return
	}
	p.judge(u, r, c, f, stays, option)
}

// known returns what is known of the unit that stands here.
func (p *pass) known() *seen {
	n := &p.seen
	if n.fact != nil && n.at == p.at {
		return n
	}
	*n = seen{at: p.at}
	n.end, n.class = unitAt(p.text, p.at)
	u := p.text[p.at:n.end]
	if n.class == isNumber {
		n.role = numberRole(u)
		return n
	}
	if k, ok := keyAt(p.text, p.at, n.end); ok {
		if n.fact = p.facts.at(&k); n.fact.is(&k) {
			n.stays, n.role = n.fact.stays, n.fact.role
			return n
		}
	}
	n.role = keyRole(u, roleBy(hashAt(p.text, p.at, n.end), u), n.class)
	return n
}

// judge copies of a unit what passes, and notes what it says. Whether it does is
// remembered if nothing but the unit itself decides.
func (p *pass) judge(u string, r role, c uint16, f *fact, stays uint8, option bool) {
	s, end := p.text, p.at+len(u)
	where := staysPlain
	if p.loose = p.frame || has(s, end, '=') || has(s, end, '"') && has(s, end+1, ':'); p.loose {
		where = staysLoose
	}
	p.loose = p.loose || isSnake(u, c)
	if p.frame || c&isDot != 0 && (p.at == 0 || p.prev&settingIntro != 0) {
		f = nil
	}
	label, kept := "", true
	switch {
	case f != nil && stays&where != 0:
	case c&isDot == 0:
		label = p.single(u, r, c)
		kept = label == ""
	default:
		label, kept = p.several(u, c)
	}
	switch {
	case !kept:
		p.copy()
		p.again = p.again || label == "" || !p.isApart(end, label == labelIP)
	case f != nil:
		f.keep(u, r, c, where)
	}
	if p.at, p.loose = end, false; !kept {
		p.out = append(p.out, label...)
		p.copied = end
	}
	p.after(u, r, c, kept, option)
}

// several judges tokens joined by dots, and writes what passes of them. Where
// that is nothing but one label, it says which, and whether all of them stay.
func (p *pass) several(u string, c uint16) (label string, kept bool) {
	p.copy()
	before := len(p.out)
	p.out = p.dotted(p.out, u, c)
	switch got := p.out[before:]; {
	case string(got) == u:
		p.out = p.out[:before]
		return "", true
	case isLabel(string(got)):
		label = labelAt(string(got), 0)
		p.out = p.out[:before]
	}
	return label, false
}

// after notes what a judged unit says about what follows it.
func (p *pass) after(u string, r role, c uint16, kept, option bool) {
	p.paired = false
	switch {
	case c&isDot != 0:
		p.file = roleOf(u[lastDot(u):])&extension != 0
	default:
		p.file = r&extension != 0 && has(p.text, p.at-len(u)-1, '.')
	}
	if p.expect.kind != nothing || r&special != 0 || r&^inTable != 0 {
		p.expect.word(u, r, option)
	}
	if !kept {
		p.prev, p.auth, p.linked, p.dialed = 0, false, false, false
		return
	}
	p.sql = p.sql || p.verb && r&sqlClause != 0
	p.verb = p.verb || r&sqlVerb != 0
	p.auth = p.prev&authWord != 0 && equal(u, "for")
	p.follow(r)
	if p.dialed && is(p.text, p.at+1, isQuote) {
		p.expect = expectation{kind: place, quoted: true}
	}
}

// lastDot returns where the part behind the last dot starts, or 0.
func lastDot(u string) int {
	for i := len(u) - 1; i >= 0; i-- {
		if u[i] == '.' {
			return i + 1
		}
	}
	return 0
}

// unitAt returns the end of the tokens joined by single dots at i, and their
// classes.
func unitAt(s string, i int) (end int, c uint16) {
	start := i
	for ; i < len(s); i++ {
		k := class[s[i]]
		if k&isToken == 0 && (k&isDot == 0 || !is(s, i+1, isUnit)) {
			break
		}
		c |= k
	}
	if s[i-1] == '-' || s[i-1] == '_' {
		end = unitEnd(s, start)
		return end, classes(s[start:end])
	}
	return i, c
}

func unitEnd(s string, i int) int {
	for {
		for is(s, i, isToken) {
			i++
		}
		if has(s, i, '.') && is(s, i+1, isUnit) {
			i++
			continue
		}
		for is(s, i-1, isJoin) {
			i--
		}
		return i
	}
}
