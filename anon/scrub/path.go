package scrub

import (
	"bytes"
	"strings"
)

// path takes what starts like a path (/, ~/, \\, X:\, %VAR%\) and words joined
// by slashes that are not all known. In quotes it goes to the closing quote;
// outside, spaces belong to it if a separator follows soon.
func (p *pass) path() (int, string) {
	s, i := p.text, p.at
	switch b := s[i]; {
	case b == '~' || p.signs&isSlash != 0 && (b == '/' || b == '\\' || b == '%' || b == '$'):
		if !p.isPathStart(i) {
			return 0, ""
		}
	case p.signs&isSlash == 0:
		return 0, ""
	case is(s, i, isAlpha) && has(s, i+1, ':') && is(s, i+2, isSlash):
	case is(s, i, isUnit):
		return p.joined()
	default:
		return 0, ""
	}
	return p.found(p.pathEnd(i))
}

// found returns the label for a path up to end, or writes it if it is where
// source stands.
func (p *pass) found(end int) (int, string) {
	if end > p.at && p.isLocation(end) {
		p.location(end)
		return end, ""
	}
	return end, labelPath
}

// isPathStart reports whether the sign at i starts a path.
func (p *pass) isPathStart(i int) bool {
	s := p.text
	next := func(j int) bool {
		return is(s, j, isUnit) || labelAt(s, j) != "" || pathFirst.in(s, j)
	}
	switch s[i] {
	case '~':
		return is(s, i+1, isSlash|isUnit)
	case '$':
		end := i + 1
		for is(s, end, isCapital|isJoin) || has(s, end, '{') || has(s, end, '}') {
			end++
		}
		return end > i+1 && is(s, end, isSlash)
	case '%':
		end := i + 1
		for is(s, end, isCapital) {
			end++
		}
		return end > i+1 && has(s, end, '%') && is(s, end+1, isSlash)
	case '/':
		if has(s, i-1, '<') && is(s, i+1, isAlpha) {
			return false // the end of an XML element
		}
	case '\\':
		return has(s, i+1, '\\') && !is(s, i+2, isQuote) || next(i+1)
	}
	// An address may stand behind the slash, and the length of a network.
	if isAddressAt(s, i+1) {
		return false
	}
	if l := labelAt(s, i+1); l == labelIP || l == labelPath && i > 0 {
		return false
	}
	p.copy()
	if i < p.joinedEnd || bytes.HasSuffix(p.out, []byte(labelIP)) && only(s[i+1:unitEndOr(s, i+1)], isNumber) {
		return false
	}
	return next(i + 1)
}

func unitEndOr(s string, i int) int {
	if !is(s, i, isUnit) {
		return i
	}
	return unitEnd(s, i)
}

// joined takes words joined by slashes. They stay if each of them would.
func (p *pass) joined() (int, string) {
	s := p.text
	end := unitEnd(s, p.at)
	if p.at < p.joinedEnd || !is(s, end, isSlash) || !is(s, end+1, isUnit) && labelAt(s, end+1) == "" {
		return 0, ""
	}
	if has(s, end, '/') && isAddressAt(s, end+1) && roleOf(s[p.at:end])&countedWord == 0 {
		return end, labelHost // and its address, as Java writes them
	}
	numbers, back := true, false
	for i := p.at; ; {
		numbers = numbers && only(s[i:end], isNumber|isDot)
		if !is(s, end, isSlash) || !is(s, end+1, isUnit) {
			break
		}
		back = back || s[end] == '\\'
		i, end = end+1, unitEnd(s, end+1)
	}
	switch {
	case numbers:
		return end, labelNum
	case !back && !is(s, end, isSlash) && !has(s, end, '<') && p.allKept(s[p.at:end]):
		p.joinedEnd = end
		return 0, ""
	}
	return p.found(p.pathEnd(end))
}

// allKept reports whether every part between slashes passes as it is.
func (p *pass) allKept(s string) bool {
	var buf [maxToken]byte
	for part := range strings.SplitSeq(s, "/") {
		if len(part) > maxToken || string(p.dotted(buf[:0], part, classes(part))) != part {
			return false
		}
	}
	return true
}

// What a path begins with, what ends it, and what ends a word in it that stands
// behind a space.
var (
	pathFirst   = setOf("._-?$%{/@+")
	pathStops   = setOf(" \t\"'`,;|()[]{}")
	spacedStops = setOf(" \t\"'`,;:|<>=[]{}")
)

// pathEnd returns the end of the path that goes on at i.
func (p *pass) pathEnd(i int) int {
	s := p.text
	if p.at > 0 && is(s, p.at-1, isQuote) {
		if j := strings.IndexByte(s[i:], s[p.at-1]); j >= 0 {
			return i + j
		}
	}
	words, from := 1, p.at
	for {
		i = p.runEnd(i, &pathStops)
		if j := colon(s, from, i); j < i {
			return trimSigns(s, j)
		}
		if strings.IndexByte(s[from:i], '\\') >= 0 || endsInHome(s[from:i]) {
			words = 3
		}
		next := p.goesOn(i, words)
		if next == i {
			return trimSigns(s, i)
		}
		i, from = next, i
	}
}

// colon returns the first colon of s[from:to] that is not of a drive (C:), or to.
func colon(s string, from, to int) int {
	for i := from; i < to; i++ {
		drive := is(s, i-1, isAlpha) && (i-1 == from || i-2 >= from && is(s, i-2, isSlash))
		if s[i] == ':' && !(drive && i+1 < to && is(s, i+1, isSlash)) {
			return i
		}
	}
	return to
}

// goesOn returns where the path is past a space in one of its names, or i. So
// many words may follow the space before the next separator: one, but three in
// a home's place and on Windows.
func (p *pass) goesOn(i, words int) int {
	s := p.text
	j := i
	for range words {
		if j >= len(s) || s[j] != ' ' {
			return i
		}
		start := j + 1
		if strings.HasPrefix(s[start:], "HTTP/") {
			return i // of a request line
		}
		for j = start; j < len(s) && j-start < maxSpaced && !spacedStops[s[j]]; j++ {
			if (s[j] == '/' || s[j] == '\\') && j > start {
				return j
			}
			if s[j] == '/' || s[j] == '\\' {
				return i
			}
		}
	}
	return i
}

// lastSlash returns where the last slash stands, either way, or -1.
func lastSlash(path string) int {
	i := len(path) - 1
	for i >= 0 && !is(path, i, isSlash) {
		i--
	}
	return i
}

// endsInHome reports whether a path ends in the name of a home directory.
func endsInHome(path string) bool {
	parent := path[:max(0, lastSlash(path))]
	name := parent[lastSlash(parent)+1:]
	return roleOf(name)&homeWord != 0 || equal(name, "documents and settings")
}
