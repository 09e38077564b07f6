package scrub

import (
	"net/netip"
	"strings"
)

// Bounds of what parsers look at, so that each position costs little.
const (
	maxScheme = 24
	maxLocal  = 256 // of an e-mail address
	maxIP     = 64
	escapedAt = "%40"
	leastBlob = 24 // bytes of what is taken for encoded
	maxSpaced = 64 // bytes of a word that may belong to a path with spaces
)

const alnum = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// What is in what is encoded and in a scheme, what ends a URL and the name of a
// cloud's resource, the signs of a sentence, and those of an e-mail address's local
// part and of a password before a host, with letters and digits.
var (
	blobBytes     = setOf(alnum + "+/_-")
	schemeBytes   = setOf(alnum + "+.-")
	urlStops      = setOf(" \t\"'`|")
	resourceStops = setOf(" \t\"'`|,")
	sentence      = setOf(".,;:!?)]}")
	localSigns    = setOf(".+%'=/")
	loginSigns    = setOf(".+!$*#")
)

// privateKey takes a PEM private key up to its end or the end of the line.
func (p *pass) privateKey() (int, string) {
	rest := p.text[p.at:]
	if !strings.HasPrefix(rest, "-----BEGIN ") || !strings.Contains(rest[:min(len(rest), 64)], "PRIVATE KEY") {
		return 0, ""
	}
	if i := strings.Index(rest, "-----END "); i > 0 {
		if j := strings.Index(rest[i+9:], "-----"); j >= 0 {
			return p.at + i + 9 + j + 5, labelSecret
		}
	}
	return len(p.text), labelSecret
}

// url takes scheme://anything up to a space or quote.
func (p *pass) url() (int, string) {
	if !is(p.text, p.at, isAlpha) {
		return 0, ""
	}
	i := p.at
	for i < len(p.text) && i-p.at < maxScheme && schemeBytes[p.text[i]] {
		i++
	}
	if strings.HasPrefix(p.text[p.at:], "arn:") && is(p.text, p.at+4, isUnit) {
		return trimSigns(p.text, p.runEnd(i, &resourceStops)), labelID // of a cloud's resource
	}
	if !strings.HasPrefix(p.text[i:], "://") {
		return 0, ""
	}
	end := trimSigns(p.text, p.runEnd(i+3, &urlStops))
	if p.frame {
		return p.scriptStart(i+3, end), labelURL
	}
	return end, labelURL
}

// scriptStart returns where the name of the source file stands, with the slash
// before it, at the end of a URL in a stack frame; or the end.
func (p *pass) scriptStart(start, end int) int {
	slash := strings.LastIndexByte(p.text[start:end], '/')
	if slash < 0 {
		return end
	}
	stop := max(unitEndOr(p.text, start+slash+1), start+slash+1)
	name := p.text[start+slash+1 : stop]
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || roleOf(name[dot+1:])&codeWord == 0 || !has(p.text, stop, ':') {
		return end
	}
	return start + slash
}

// runEnd returns the end of the bytes at i that are none of the stops. Labels
// are taken along.
func (p *pass) runEnd(i int, stops *set) int {
	for i < len(p.text) && !stops[p.text[i]] {
		if b := p.text[i]; b == '<' || b == '>' {
			l := labelAt(p.text, i)
			if l == "" {
				break
			}
			i += len(l)
			continue
		}
		i++
	}
	return i
}

// trimSigns takes signs off the end that belong to the sentence.
func trimSigns(s string, end int) int {
	for end > 0 && sentence[s[end-1]] {
		end--
	}
	return end
}

// email takes local@domain; domain may be one word, an address or a label.
func (p *pass) email() (int, string) {
	if !is(p.text, p.at, isUnit) {
		return 0, ""
	}
	i := p.at
	for i < len(p.text) && i-p.at < maxLocal && (is(p.text, i, isToken) || localSigns[p.text[i]]) {
		if strings.HasPrefix(p.text[i:], escapedAt) && isDomain(p.text, i+len(escapedAt)) {
			i += len(escapedAt) - 1
			break
		}
		i++
	}
	if has(p.text, i, ':') && i > p.at {
		if end := p.loginEnd(i + 1); end > 0 {
			return end, labelSecret
		}
	}
	if !has(p.text, i, '@') && !strings.HasSuffix(p.text[:min(i+1, len(p.text))], escapedAt) || !isDomain(p.text, i+1) {
		return 0, ""
	}
	end := domainEnd(p.text, i+1)
	if !is(p.text, i+1, isNumber) && strings.HasPrefix(p.text[end:], "://") {
		return 0, "" // a function and its script, as some browsers write frames
	}
	return end, labelEmail
}

// loginEnd returns the end of the password and host that go on at i, as drivers
// of databases write them (name:password@tcp(host:1), name:password@host:1), or 0.
func (p *pass) loginEnd(i int) int {
	s, start := p.text, i
	for i < len(s) && i-start < maxLocal && (is(s, i, isToken) || loginSigns[s[i]]) {
		i++
	}
	if i == start || !has(s, i, '@') || !is(s, i+1, isUnit) {
		return 0
	}
	end := domainEnd(s, i+1)
	switch {
	case has(s, end, '('):
		if stop := strings.IndexByte(s[end:min(len(s), end+maxIP)], ')'); stop > 0 {
			return end + stop + 1
		}
	case has(s, end, ':') && is(s, end+1, isNumber):
		return end
	}
	return 0
}

func isDomain(s string, i int) bool {
	return is(s, i, isUnit) || labelAt(s, i) != "" || i < len(s) && s[i] == '['
}

// domainEnd returns the end of the domain at i: words, dots and labels.
func domainEnd(s string, i int) int {
	if i < len(s) && s[i] == '[' {
		if j := strings.IndexByte(s[i:min(len(s), i+maxIP)], ']'); j > 0 {
			return i + j + 1
		}
		i++
	}
	for i < len(s) {
		l := labelAt(s, i)
		if l == "" && !is(s, i, isToken) && s[i] != '.' {
			break
		}
		i += max(1, len(l))
	}
	return trimSigns(s, i)
}

// isGroup reports whether a sign of an address or a MAC stands behind the hex at i.
func isGroup(s string, i int) bool {
	for is(s, i, isHex) {
		i++
	}
	return groupSigns.in(s, i)
}

var groupSigns = setOf(":.-_[,")

// ip takes an IPv4 or IPv6 address, with zone.
func (p *pass) ip() (int, string) {
	if class[p.text[p.at]]&(isHex|isColon) == 0 {
		return 0, ""
	}
	if end, ok := quadEnd(p.text, p.at); ok {
		return zoneEnd(p.text, end), labelIP
	}
	if end := listEnd(p.text, p.at); end > 0 {
		return end, labelIP
	}
	if end := p.anyEnd(); end > 0 {
		return end, labelIP
	}
	if end := addressEnd(p.text, p.at); end > 0 {
		end = zoneEnd(p.text, end)
		if end == p.at+2 && has(p.text, end, '/') { // all of IPv6: the length says as much as the address
			for end++; is(p.text, end, isNumber); end++ {
			}
		}
		return end, labelIP
	}
	return 0, ""
}

// anyEnd returns the end of :: for any address, where an address stands, or 0.
func (p *pass) anyEnd() int {
	s, i, end := p.text, p.at, p.at+2
	if !strings.HasPrefix(s[i:], "::") || is(s, i-1, isUnit|isColon) || is(s, end, isUnit) {
		return 0
	}
	port := has(s, end, ':') && (is(s, end+1, isNumber) || has(s, end+1, '*'))
	apart := has(s, i-1, '[') && has(s, end, ']') || has(s, i-1, '=') && !has(s, end, ':')
	spaced := end == len(s) || is(s, end, isSpace)
	if port || apart || spaced && (p.prev&towardWord != 0 || strings.HasPrefix(s[end:], " port ")) {
		return end
	}
	return 0
}

// listEnd returns the end of an IPv4 address at i that is written 10[.]0[.]0[.]9,
// or with its port as FTP writes it, 10,0,0,9,195,80; or 0.
func listEnd(s string, i int) int {
	sign, count := "[.]", 4
	for n := 0; is(s, i, isNumber); n++ {
		start := i
		for is(s, i, isNumber) {
			i++
		}
		if n == 0 && has(s, i, ',') {
			sign, count = ",", 6
		}
		if i-start > 3 {
			return 0
		}
		if n == count-1 {
			if is(s, i, isToken) || has(s, i, ',') {
				return 0
			}
			return i
		}
		if !strings.HasPrefix(s[i:], sign) {
			return 0
		}
		i += len(sign)
	}
	return 0
}

// isAddressAt reports whether an address stands at i.
func isAddressAt(s string, i int) bool { return is(s, i, isHex|isColon) && addressEnd(s, i) > 0 }

// addressEnd returns the end of the address at i, or 0.
func addressEnd(s string, start int) int {
	if end, ok := quadEnd(s, start); ok {
		return end
	}
	i, dots, colons, double := start, 0, 0, false
	for i < len(s) && i-start < maxIP && class[s[i]]&(isHex|isColon|isDot) != 0 {
		switch s[i] {
		case '.':
			dots++
		case ':':
			colons++
			double = double || has(s, i+1, ':')
		}
		i++
	}
	if dots < 3 && colons < 7 && !double {
		return 0 // a time of day
	}
	for tries := 0; tries < 4 && i > start; tries++ {
		if !is(s, i, isToken) && (isAddress(s[start:i]) || i == start+2 && has(s, i, '/') && is(s, i+1, isNumber)) {
			return i
		}
		i = start + max(0, strings.LastIndexAny(s[start:i], ":."))
	}
	return 0
}

// quadEnd is addressEnd where four numbers with dots stand; ok says whether they
// do. Of a port and what else is glued to them as much is looked at as addressEnd
// would: three signs.
func quadEnd(s string, i int) (end int, ok bool) {
	start := i
	for n := range 4 {
		if n > 0 {
			if !has(s, i, '.') {
				return 0, false
			}
			i++
		}
		v, first := 0, i
		for ; is(s, i, isNumber) && i-first < 4; i++ {
			v = v*10 + int(s[i]-'0')
		}
		if i == first || i-first > 3 || v > 255 {
			return 0, false
		}
	}
	if !is(s, i, isHex|isColon|isDot) {
		return i, !is(s, i, isToken)
	}
	signs := 0
	for j := i; j < len(s) && j-start < maxIP && class[s[j]]&(isHex|isColon|isDot) != 0; j++ {
		if class[s[j]]&(isColon|isDot) != 0 {
			signs++
		}
	}
	return i, is(s, i, isColon|isDot) && signs < 4
}

// isAddress reports whether s is an address. Colons alone are none.
func isAddress(s string) bool {
	if n, longest := groupsOf(s); n == 4 && longest <= 3 && only(s, isNumber|isDot) {
		return isIPv4(s)
	}
	colons := strings.Count(s, ":")
	if colons == 0 || colons != 7 && !strings.Contains(s, "::") && strings.Count(s, ".") != 3 || len(s) < 3 {
		return false // an error of the library costs more
	}
	_, err := netip.ParseAddr(s)
	return err == nil
}

// isIPv4 reports whether the four numbers of s are bytes. Leading zeros, which
// the library refuses, name hosts too.
func isIPv4(s string) bool {
	n, digits := 0, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			n, digits = n*10+int(s[i]-'0'), digits+1
			continue
		}
		if n > 255 || digits == 0 {
			return false
		}
		n, digits = 0, 0
	}
	return true
}

func zoneEnd(s string, i int) int {
	if has(s, i, '%') && is(s, i+1, isToken) {
		for i++; is(s, i, isToken); i++ {
		}
	}
	return i
}

// mac takes six pairs with : - or _ or three groups of four with dots.
func (p *pass) mac() (int, string) {
	if p.solid-p.at < 14 || !is(p.text, p.at, isHex) {
		return 0, ""
	}
	for _, form := range [...]struct {
		group, count int
		signs        string
	}{{2, 6, ":-_"}, {4, 3, "."}} {
		end := p.at + form.group*form.count + form.count - 1
		if end <= len(p.text) && !is(p.text, end, isToken) && isGroups(p.text[p.at:end], form.group, form.signs) {
			return end, labelMAC
		}
	}
	return 0, ""
}

// isGroups reports whether s is hex in groups with the same sign between.
func isGroups(s string, group int, signs string) bool {
	sign := s[group]
	if strings.IndexByte(signs, sign) < 0 {
		return false
	}
	for i := range len(s) {
		if i%(group+1) == group && s[i] != sign || i%(group+1) != group && !is(s, i, isHex) {
			return false
		}
	}
	return true
}

// blob takes a long run of mixed letters and digits, as encoded bytes are.
func (p *pass) blob() (int, string) {
	i := p.at
	if p.solid-i < leastBlob || i > 0 && (is(p.text, i-1, isToken) || p.text[i-1] == '+' || p.text[i-1] == '/') {
		return 0, "" // not its start
	}
	var c uint16
	for blobBytes.in(p.text, i) {
		c |= class[p.text[i]]
		i++
	}
	if i-p.at < leastBlob || c&isNumber == 0 || c&isSmall == 0 || c&isCapital == 0 || is(p.text, i, isToken) {
		return 0, ""
	}
	for i < len(p.text) && p.text[i] == '=' {
		i++
	}
	return i, labelSecret
}
