package scrub

import "strings"

// pass is one walk over one line.
type pass struct {
	text  string
	words *vocabulary
	at    int // next byte to read
	out   []byte

	expect    expectation
	prev      string // the kept word before, in small letters, if only spaces came since
	auth      bool   // the words before are like "password for"
	file      bool   // a file name or path came just before: a line number may follow
	joinedEnd int    // end of words joined by slashes that stay
	solid     int    // end of the last run without spaces that was looked through
	hasAt     bool   // the run holds @
	hasColon  bool   // the run holds :
}

// parsers are asked at every token and sign, in this order. Each returns where
// its find ends and the label, or 0.
var parsers = [...]func(*pass) (int, string){
	(*pass).privateKey, (*pass).url, (*pass).email, (*pass).ip, (*pass).mac,
	(*pass).path, (*pass).iban, (*pass).numbers, (*pass).blob,
}

func (p *pass) run() {
	p.out = make([]byte, 0, len(p.text)+16)
	for p.at < len(p.text) && len(p.out) <= MaxLine {
		switch b := p.text[p.at]; {
		case b == ' ' || b == '\t':
			p.space()
		case p.value():
		case labelAt(p.text, p.at) != "":
			p.label()
		case p.structure():
		case is(p.text, p.at, isUnit):
			p.unit()
		default:
			p.sign(b)
		}
	}
}

func (p *pass) space() {
	p.out = append(p.out, p.text[p.at])
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
	case end+1 < len(p.text) && p.text[end] == '@' && isDomain(p.text, end+1):
		l, end = labelEmail, domainEnd(p.text, end+1)
	case l == labelPath && end < len(p.text) && (p.text[end] == '/' || p.text[end] == '\\'):
		end = p.pathEnd(end)
	}
	p.replace(end, l)
}

// replace writes a label for everything up to end.
func (p *pass) replace(end int, label string) {
	p.out = append(p.out, label...)
	p.at = end
	p.prev, p.auth = "", false
	p.file = label == labelPath
	p.joinedEnd = 0
	p.expect = expectation{}
}

// structure asks the parsers.
func (p *pass) structure() bool {
	p.look()
	for _, parse := range parsers {
		if end, label := parse(p); end > p.at {
			p.replace(end, label)
			return true
		}
	}
	return false
}

// look notes which signs the run of bytes up to the next space holds, once a
// run, so that parsers which need one of them are not tried in vain.
func (p *pass) look() {
	if p.at < p.solid {
		return
	}
	end := strings.IndexByte(p.text[p.at:], ' ')
	if end < 0 {
		end = len(p.text) - p.at
	}
	run := p.text[p.at : p.at+end]
	p.solid = p.at + end
	p.hasAt = strings.IndexByte(run, '@') >= 0
	p.hasColon = strings.IndexByte(run, ':') >= 0
}

// sign copies one byte that is no letter, digit or space.
func (p *pass) sign(b byte) {
	p.out = append(p.out, b)
	p.at++
	if b != ':' {
		p.file = false
	}
	p.prev = ""
	p.expect.sign(b, p.at >= 2 && p.text[p.at-2] == ' ')
}

// unit judges one token, or several joined by dots.
func (p *pass) unit() {
	end := unitEnd(p.text, p.at)
	u := p.text[p.at:end]
	if l := p.named(u); l != "" {
		p.replace(end, l)
		return
	}
	before := len(p.out)
	p.out = p.dotted(p.out, u)
	kept := string(p.out[before:]) == u
	afterDot := before > 0 && p.out[before-1] == '.'
	p.at = end
	p.after(u, kept, afterDot)
}

// after notes what a judged unit says about what follows it.
func (p *pass) after(u string, kept, afterDot bool) {
	ext := u[strings.LastIndexByte(u, '.')+1:]
	p.file = extensions[ext] && (afterDot || len(ext) < len(u))
	small := strings.ToLower(u)
	p.expect.word(small)
	if !kept {
		p.prev, p.auth = "", false
		return
	}
	p.auth = small == "for" && authWords[p.prev]
	p.prev = small
}

// unitEnd returns the end of the tokens joined by single dots at i.
func unitEnd(s string, i int) int {
	for {
		for isWord(s, i) {
			i++
		}
		if i < len(s) && s[i] == '.' && is(s, i+1, isUnit) {
			i++
			continue
		}
		for s[i-1] == '-' || s[i-1] == '_' {
			i--
		}
		return i
	}
}
