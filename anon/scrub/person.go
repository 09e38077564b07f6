package scrub

import "strings"

// maxNames bounds how many words one person's name has.
const maxNames = 4

// person returns the end of a person's name in prose that starts with the
// token u, or 0: words with a capital behind a title or behind what names
// somebody, and two of which one is a name or no word at all.
func (p *pass) person(u string, r role, end int, c uint16) int {
	if !isTitled(u, c) {
		return 0
	}
	title := p.prev&titleWord != 0
	after := r&given != 0 && (p.prev&(namingWord|introWord) != 0 || p.prev != 0 && r&technical == 0)
	last, several := end, false
	if title || after || isNameOf(r) {
		for range maxNames - 1 {
			stop := p.nextName(last)
			if stop == 0 {
				break
			}
			last, several = stop, true
		}
	}
	if title || after || several {
		return last
	}
	return 0
}

// isNameOf reports whether a word with a capital may be a person's: no word,
// or one that is a name as well.
func isNameOf(r role) bool {
	return r&titleWord == 0 && (r&known == 0 || r&given != 0 || r&named != 0 && r&technical == 0)
}

// nextName returns where the next word of a name ends, or 0: it has a capital
// and is no technical word, or an initial stands before it.
func (p *pass) nextName(i int) int {
	s := p.text
	if has(s, i, '.') && is(s, i-1, isCapital) {
		i++
	}
	if !has(s, i, ' ') || !is(s, i+1, isCapital) {
		return 0
	}
	end, c := unitAt(s, i+1)
	if end == i+2 && has(s, end, '.') && has(s, end+1, ' ') {
		return end
	}
	if !isTitled(s[i+1:end], c) || has(s, end, '=') || has(s, end, '(') {
		return 0
	}
	if r := roleOf(s[i+1 : end]); r&technical != 0 && r&(given|named) == 0 {
		return 0
	}
	return end
}

// isTitled reports whether u is written like a name: a capital, then small
// letters; a hyphen may join two of them.
func isTitled(u string, c uint16) bool {
	if c&^(isAlpha|isHexLetter|isOther|isJoin) != 0 || c&isSmall == 0 || !is(u, 0, isCapital) || len(u) < 2 {
		return false
	}
	for i := 1; i < len(u); i++ {
		if u[i] == '_' || is(u, i, isCapital) && !has(u, i-1, '-') {
			return false
		}
	}
	return true
}

// maxDisplay bounds a name in quotes before an address.
const maxDisplay = 64

// displayName takes the name in quotes before an e-mail address in <>, or the
// local part in quotes before an @.
func (p *pass) displayName() bool {
	s, start := p.text, p.at+1
	end := start
	for end < len(s) && end-start < maxDisplay && s[end] != '"' {
		end++
	}
	if !has(s, end, '"') || end == start {
		return false
	}
	label := labelName
	switch {
	case has(s, end+1, '@') && isDomain(s, end+2):
		label = labelEmail
	case !has(s, end+1, ' ') || !has(s, end+2, '<') || !addressFollows(s[end+3:]):
		return false
	}
	if label == labelName && labelAt(s, start) == labelName && start+len(labelName) == end {
		return false
	}
	if label == labelEmail {
		p.copy()
		p.copied = start
		end = domainEnd(s, end+2)
	}
	p.at = start
	p.replace(end, label)
	return true
}

// addressFollows reports whether an e-mail address and > follow.
func addressFollows(s string) bool {
	if strings.HasPrefix(s, labelEmail) {
		return true
	}
	for i := range min(len(s), maxLocal) {
		switch {
		case s[i] == '@':
			return i > 0
		case is(s, i, isSpace) || s[i] == '>':
			return false
		}
	}
	return false
}
