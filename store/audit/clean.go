package audit

import (
	"errors"
	"regexp"
	"strings"
	"unicode"
)

// Errors of a ticket or a reason.
var (
	// ErrSubject says that a ticket or a reason holds what looks like an ID or a
	// code, which must stand nowhere but in the field for it.
	ErrSubject = errors.New("an installation ID or a support code stands in it: leave it out")
	// ErrLong says that it is longer than [MaxTicket] or [MaxReason].
	ErrLong = errors.New("it is too long")
)

// Clean returns a ticket or a reason as it may stand in the log: one line of at
// most most bytes. It refuses with [ErrSubject] what holds an ID or a support
// code in any spelling, also the one that was typed into the field beside it,
// and any other that looks like one.
func Clean(text string, most int, typed string) (string, error) {
	if len(text) > most {
		return "", ErrLong
	}
	text = clean(text, most)
	if holds(text, typed) || looksLikeOne(text) {
		return "", ErrSubject
	}
	return text, nil
}

// alike maps what people put for another letter, and drops what stands between.
func alike(text string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); {
		case r == 'O':
			return '0'
		case r == 'I' || r == 'L':
			return '1'
		case r >= '0' && r <= '9' || r >= 'A' && r <= 'Z':
			return r
		}
		return -1
	}, text)
}

// shortest is how much of what was typed makes a reason suspect: two groups.
const shortest = 8

// holds says whether a text holds what was typed, or two groups of it.
func holds(text, typed string) bool {
	in, whole := alike(text), alike(typed)
	for i := 0; i+shortest <= len(whole); i++ {
		if strings.Contains(in, whole[i:i+shortest]) {
			return true
		}
	}
	return false
}

// shortestCode is the length of a support code; IDs are longer.
const shortestCode = 20

// uuidForm is an ID as machines write it.
var uuidForm = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// looksLikeOne says whether a text has what only IDs and codes look like: groups
// of four or five letters and digits in a row, or all of them in one piece.
func looksLikeOne(text string) bool {
	if uuidForm.MatchString(text) {
		return true
	}
	length, digits := 0, 0
	for _, group := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		has := strings.ContainsFunc(group, unicode.IsDigit)
		if has && len(group) >= shortestCode {
			return true
		}
		if len(group) != 4 && len(group) != 5 {
			length, digits = 0, 0
			continue
		}
		length += len(group)
		if has {
			digits++
		}
		if length >= shortestCode-4 && digits >= 2 {
			return true
		}
	}
	return false
}
