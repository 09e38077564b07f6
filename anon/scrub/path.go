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
	switch {
	case s[i] == '/' || s[i] == '\\' || s[i] == '~' || s[i] == '%':
		if !p.isPathStart(i) {
			return 0, ""
		}
	case is(s, i, isAlpha) && i+2 < len(s) && s[i+1] == ':' && (s[i+2] == '\\' || s[i+2] == '/'):
	case is(s, i, isUnit):
		return p.joined()
	default:
		return 0, ""
	}
	return p.pathEnd(i), labelPath
}

// isPathStart reports whether the sign at i starts a path.
func (p *pass) isPathStart(i int) bool {
	s := p.text
	next := func(j int) bool {
		return is(s, j, isUnit) || labelAt(s, j) != "" || j < len(s) && strings.IndexByte("._-?$%{/@+", s[j]) >= 0
	}
	switch s[i] {
	case '~':
		return i+1 < len(s) && (s[i+1] == '/' || s[i+1] == '\\' || is(s, i+1, isUnit))
	case '%':
		end := i + 1
		for is(s, end, isCapital) {
			end++
		}
		return end > i+1 && end+1 < len(s) && s[end] == '%' && (s[end+1] == '\\' || s[end+1] == '/')
	case '\\':
		return i+1 < len(s) && (s[i+1] == '\\' || next(i+1))
	}
	// An address may stand behind the slash, and the length of a network.
	rest := pass{text: s, at: i + 1}
	if rest.at < len(s) {
		if end, _ := rest.ip(); end > 0 {
			return false
		}
	}
	if l := labelAt(s, i+1); l == labelIP || l == labelPath && i > 0 {
		return false
	}
	if i < p.joinedEnd || bytes.HasSuffix(p.out, []byte(labelIP)) && isDigits(s[i+1:unitEndOr(s, i+1)]) {
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
	if p.at < p.joinedEnd || end >= len(s) || s[end] != '/' && s[end] != '\\' || !is(s, end+1, isUnit) && labelAt(s, end+1) == "" {
		return 0, ""
	}
	numbers, back := true, false
	for i := p.at; ; {
		numbers = numbers && isDigits(strings.ReplaceAll(s[i:end], ".", ""))
		if end >= len(s) || s[end] != '/' && s[end] != '\\' || !is(s, end+1, isUnit) {
			break
		}
		back = back || s[end] == '\\'
		i, end = end+1, unitEnd(s, end+1)
	}
	switch {
	case numbers:
		return end, labelNum
	case !back && (end >= len(s) || s[end] != '/' && s[end] != '\\' && s[end] != '<') && p.allKept(s[p.at:end]):
		p.joinedEnd = end
		return 0, ""
	}
	return p.pathEnd(end), labelPath
}

// allKept reports whether every part between slashes passes as it is.
func (p *pass) allKept(s string) bool {
	for part := range strings.SplitSeq(s, "/") {
		if string(p.dotted(nil, part)) != part {
			return false
		}
	}
	return true
}

const pathStops = " \t\"'`,;|()[]{}"

// pathEnd returns the end of the path that goes on at i.
func (p *pass) pathEnd(i int) int {
	s := p.text
	if p.at > 0 && strings.IndexByte("\"'`", s[p.at-1]) >= 0 {
		if j := strings.IndexByte(s[i:], s[p.at-1]); j >= 0 {
			return i + j
		}
	}
	words, from := 1, p.at
	for {
		i = p.runEnd(i, pathStops)
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
		drive := is(s, i-1, isAlpha) && (i-1 == from || i-2 >= from && (s[i-2] == '\\' || s[i-2] == '/'))
		if s[i] == ':' && !(drive && i+1 < to && (s[i+1] == '\\' || s[i+1] == '/')) {
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
		for j = start; j < len(s) && j-start < maxSpaced && strings.IndexByte(" \t\"'`,;:|<>=[]{}", s[j]) < 0; j++ {
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

// endsInHome reports whether a path ends in the name of a home directory.
func endsInHome(path string) bool {
	parent := path[:max(0, strings.LastIndexAny(path, `/\`))]
	switch strings.ToLower(parent[strings.LastIndexAny(parent, `/\`)+1:]) {
	case "home", "users", "profiles", "documents and settings":
		return true
	}
	return false
}
