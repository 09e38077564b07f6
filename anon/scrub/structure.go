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
	maxSpaced = 64 // bytes of a word that may belong to a path with spaces
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
	if !p.hasColon || !is(p.text, p.at, isAlpha) {
		return 0, ""
	}
	i := p.at
	for i < len(p.text) && i-p.at < maxScheme && (is(p.text, i, isAlnum) || strings.IndexByte("+.-", p.text[i]) >= 0) {
		i++
	}
	if !strings.HasPrefix(p.text[i:], "://") {
		return 0, ""
	}
	return trimSigns(p.text, p.runEnd(i+3, " \t\"'`|")), labelURL
}

// runEnd returns the end of the bytes at i that are none of the stops. Labels
// are taken along.
func (p *pass) runEnd(i int, stops string) int {
	for i < len(p.text) && strings.IndexByte(stops, p.text[i]) < 0 {
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
	for end > 0 && strings.IndexByte(".,;:!?)]}", s[end-1]) >= 0 {
		end--
	}
	return end
}

// email takes local@domain; domain may be one word, an address or a label.
func (p *pass) email() (int, string) {
	if !p.hasAt || !is(p.text, p.at, isUnit) {
		return 0, ""
	}
	i := p.at
	for i < len(p.text) && i-p.at < maxLocal && (isWord(p.text, i) || strings.IndexByte(".+%'=/", p.text[i]) >= 0) {
		i++
	}
	if i+1 >= len(p.text) || p.text[i] != '@' || !isDomain(p.text, i+1) {
		return 0, ""
	}
	return domainEnd(p.text, i+1), labelEmail
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
		if l == "" && !isWord(s, i) && s[i] != '.' {
			break
		}
		i += max(1, len(l))
	}
	return trimSigns(s, i)
}

// ip takes an IPv4 or IPv6 address, with zone.
func (p *pass) ip() (int, string) {
	b := p.text[p.at]
	if class[b]&(isNumber|isHexLetter) == 0 && b != ':' {
		return 0, ""
	}
	i, dots, colons := p.at, 0, 0
	for i < len(p.text) && i-p.at < maxIP && (is(p.text, i, isNumber|isHexLetter) || p.text[i] == ':' || p.text[i] == '.') {
		switch p.text[i] {
		case '.':
			dots++
		case ':':
			colons++
		}
		i++
	}
	if dots < 3 && colons < 2 {
		return 0, ""
	}
	for tries := 0; tries < 4 && i > p.at; tries++ {
		end := i
		if !isWord(p.text, end) && isAddress(p.text[p.at:end]) {
			return p.zoneEnd(end), labelIP
		}
		i = p.at + max(0, strings.LastIndexAny(p.text[p.at:i], ":."))
	}
	return 0, ""
}

// isAddress reports whether s is an address. Colons alone are none.
func isAddress(s string) bool {
	a, err := netip.ParseAddr(s)
	if err == nil {
		return strings.Trim(s, ":") != "" && (a.Is4() || len(s) > 2)
	}
	// Numbers with leading zeros, which the library refuses, name hosts too.
	parts := strings.Split(s, ".")
	for _, n := range parts {
		if !isDigits(n) || len(n) > 3 || len(n) == 3 && n > "255" {
			return false
		}
	}
	return len(parts) == 4
}

func (p *pass) zoneEnd(i int) int {
	if i+1 < len(p.text) && p.text[i] == '%' && isWord(p.text, i+1) {
		for i++; isWord(p.text, i); i++ {
		}
	}
	return i
}

// mac takes six pairs with : - or _ or three groups of four with dots.
func (p *pass) mac() (int, string) {
	if !is(p.text, p.at, isNumber|isHexLetter) {
		return 0, ""
	}
	for _, form := range [...]struct {
		group, count int
		signs        string
	}{{2, 6, ":-_"}, {4, 3, "."}} {
		end := p.at + form.group*form.count + form.count - 1
		if end <= len(p.text) && !isWord(p.text, end) && isGroups(p.text[p.at:end], form.group, form.signs) {
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
		if i%(group+1) == group && s[i] != sign || i%(group+1) != group && !is(s, i, isNumber|isHexLetter) {
			return false
		}
	}
	return true
}

// blob takes a long run of mixed letters and digits, as encoded bytes are.
func (p *pass) blob() (int, string) {
	const least = 24
	i := p.at
	if i > 0 && (isWord(p.text, i-1) || strings.IndexByte("+/", p.text[i-1]) >= 0) {
		return 0, "" // not its start
	}
	var c uint8
	for is(p.text, i, isAlnum) || i < len(p.text) && strings.IndexByte("+/_-", p.text[i]) >= 0 {
		c |= class[p.text[i]]
		i++
	}
	if i-p.at < least || c&isNumber == 0 || c&isSmall == 0 || c&isCapital == 0 || isWord(p.text, i) {
		return 0, ""
	}
	for i < len(p.text) && p.text[i] == '=' {
		i++
	}
	return i, labelSecret
}
