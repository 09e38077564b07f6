package scrub

import "strings"

// expectation is what the words before say about the next value.
type expectation struct {
	kind   kind
	armed  bool // a = or : came
	strict bool // it was a =
	wide   bool // the = stood behind a space, so a space may follow it
}

type kind uint8

const (
	nothing kind = iota
	secret
	user
	host
)

// Words behind which a value is named, in small letters.
var (
	secretWords = set(`password passwd passwort pwd passphrase passcode secret token apikey api_key
		api-key x-api-key access_key secret_key private_key auth_token access_token refresh_token
		client_secret authorization credential credentials cookie set-cookie session_id sessionid
		signature otp pin bearer`)
	userWords = set(`user username user_name user.name logname ruser luser euser login owner account
		uname usr nickname displayname fullname`)
	hostWords = set(`host hostname host.name nodename rhost lhost node server machine computer
		computername workstation domain`)
	// authWords stand before "for" and a user name.
	authWords = set(`password publickey passphrase failures attempts failure logon login session
		sessions account authentication authenticated credentials`)
	// plainWords may follow a word that names a user or host and are no name.
	plainWords = set(`a an and are as at authentication be belongs by can cannot code context count
		could data database defined denied did directories directory disabled does doesn enabled error
		exists expired failed field for found from group groups had has have home if in input into is
		key level limit list login lookup missing mode must namespace need needs no not of on option options
		or over permission permissions process processes profile provided quota request requested
		requests requires response returned returns service session sessions settings should shell
		space specified state table that the this to type types was were when which will with without`)
	// goOnWords may stand between that word and the name.
	goOnWords = set(`name id named called invalid illegal unknown account`)
	neutral   = set(`null none nil true false unknown undefined unset empty`)
	schemes   = set(`bearer basic digest negotiate token`)
)

// people are words that are also names of people or accounts: none where
// somebody is named.
var people = set(`admin administrator apple april art august bell bill black bob chan chase dawn demo
	faith frank grace grant gray guest hope jan john june mail mark max may mike news nobody operator
	oracle postgres root rose support test tester ubuntu victor walker webmaster will www`)

// peopleAfter are the words that name somebody.
const peopleAfter = " for by from as to "

// word takes a token, kept or not.
func (e *expectation) word(small string) {
	last := small[strings.LastIndexAny(small, "_-.")+1:]
	switch {
	case secretWords[small] || secretWords[last] || strings.Contains(small, "passw") || strings.HasSuffix(small, "token") || strings.HasSuffix(small, "secret"):
		*e = expectation{kind: secret, armed: small == "bearer"}
	case userWords[small] || userWords[last] || strings.HasSuffix(small, "username"):
		*e = expectation{kind: user}
	case hostWords[small] || hostWords[last] || strings.HasSuffix(small, "hostname"):
		*e = expectation{kind: host}
	case e.kind == user && goOnWords[small]:
	default:
		*e = expectation{}
	}
}

func (e *expectation) sign(b byte, spaced bool) {
	switch b {
	case '=':
		e.armed, e.strict, e.wide = true, true, spaced
	case ':':
		e.armed = true
	case '"', '\'', '(', '[', '`':
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
	switch {
	case e.kind == secret && e.armed && p.text[p.at] != '=' && p.text[p.at] != ':':
		return p.secretValue()
	case e.kind == user && e.strict:
		return p.plainValue(labelUser)
	case e.kind == host && e.strict:
		return p.plainValue(labelHost)
	}
	return false
}

// secretValue takes everything up to the next space, or to the closing quote.
// The name of a scheme (Bearer, Basic) stays, and what follows it goes.
func (p *pass) secretValue() bool {
	start := p.at
	quote := p.text[start]
	if quote == '"' || quote == '\'' || quote == '`' {
		p.out = append(p.out, quote)
		p.at++
		if i := strings.IndexByte(p.text[p.at:], quote); i > 0 {
			p.replace(p.at+i, labelSecret)
		}
		return true
	}
	end := start
	for end < len(p.text) && !strings.ContainsRune(" \t\"'`", rune(p.text[end])) {
		end++
	}
	if small := strings.ToLower(p.text[start:end]); schemes[small] && end < len(p.text) {
		p.out = append(p.out, p.text[start:end]...)
		p.at = end
		return true
	}
	p.replace(end, labelSecret)
	return true
}

// plainValue takes a user's or host's name behind a =. Labels, addresses and
// what is no name are left to the others.
func (p *pass) plainValue(label string) bool {
	end := p.at
	for end < len(p.text) && !strings.ContainsRune(" \t\"'`,;&)]}<", rune(p.text[end])) {
		end++
	}
	v := p.text[p.at:end]
	if v == "" || neutral[strings.ToLower(v)] {
		return false
	}
	p.look()
	if at, l := p.ip(); at > p.at && label == labelHost {
		p.replace(at, l)
		return true
	}
	if at, l := p.email(); at > p.at {
		p.replace(at, l)
		return true
	}
	p.replace(end, label)
	return true
}

// named returns the label for a token that stands where somebody is named.
func (p *pass) named(u string) string {
	small := strings.ToLower(u)
	switch {
	case p.expect.kind == user && !plainWords[small] && !goOnWords[small] && !neutral[small] && !short(u):
		return labelUser
	case p.expect.kind == host && p.expect.armed && !plainWords[small] && !neutral[small] && !hostWords[small] && !short(u):
		return labelHost
	case people[small] && (p.auth || strings.Contains(peopleAfter, " "+p.prev+" ") && p.prev != ""):
		return labelUser
	case p.auth && !plainWords[small] && !goOnWords[small] && !userWords[small]:
		return labelUser
	}
	return ""
}

// short reports whether u is a number that passes anywhere.
func short(u string) bool { return len(u) <= maxDigits && isDigits(u) }
