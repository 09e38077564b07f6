package main

import (
	"unicode"
	"unicode/utf8"
)

// An atom is a run of letters, a run of digits, or a label: what alignment moves
// as a whole.
type atom struct {
	text       string
	start, end int // bytes of the line
	label      bool
	span       int // index of the span it belongs to; -1: of none
}

// atomsOf cuts a text. No atom reaches over an end of a span.
func atomsOf(text string, spans []span) (atoms []atom) {
	next := 0 // the first span that has not ended
	for i := 0; i < len(text); {
		for next < len(spans) && spans[next].end <= i {
			next++
		}
		of, limit := -1, len(text)
		if next < len(spans) {
			if of, limit = next, spans[next].end; i < spans[next].start {
				of, limit = -1, spans[next].start
			}
		}
		n, label := atomAt(text[i:limit])
		if n == 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		atoms = append(atoms, atom{text: text[i : i+n], start: i, end: i + n, label: label, span: of})
		i += n
	}
	return atoms
}

// atomAt returns the length of the atom that a text begins with, or 0.
func atomAt(text string) (n int, label bool) {
	if n := labelAt(text); n > 0 {
		return n, true
	}
	is := unicode.IsDigit
	if first, _ := utf8.DecodeRuneInString(text); letter(first) {
		is = letter
	}
	for i, r := range text {
		if !is(r) {
			return i, false
		}
	}
	return len(text), false
}

// labelAt returns the length of a label such as <ip> at the beginning, or 0.
func labelAt(text string) int {
	const longest = 18
	if text == "" || text[0] != '<' {
		return 0
	}
	for i := 1; i < len(text) && i < longest; i++ {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z' || i > 1 && (c == '-' || c == '_' || '0' <= c && c <= '9'):
		case c == '>' && i > 1:
			return i + 1
		default:
			return 0
		}
	}
	return 0
}

func letter(r rune) bool {
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsMark(r))
}

// A part is a run of letters and digits: neighbouring atoms of one span, or of
// none, without anything in between.
type part struct {
	from, to int // atoms, to excluded
}

// partsOf returns the parts that atoms[from:to] make, labels aside.
func partsOf(atoms []atom, from, to int) (parts []part) {
	for i := from; i < to; i++ {
		if atoms[i].label {
			continue
		}
		j := i + 1
		for j < to && !atoms[j].label && atoms[j].start == atoms[j-1].end && atoms[j].span == atoms[i].span {
			j++
		}
		parts = append(parts, part{i, j})
		i = j - 1
	}
	return parts
}

// textOf returns what a part says.
func textOf(line string, atoms []atom, p part) string {
	return line[atoms[p.from].start:atoms[p.to-1].end]
}
