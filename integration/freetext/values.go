package main

import (
	"slices"
	"strings"
)

// A passage is a line that went in, and what became of it.
type passage struct {
	*line
	words  words
	out    string
	atoms  []atom
	kept   []int  // for each atom where it came out, or -1
	around string // the text without identifying values, in lower case
	left   string // what came out without labels, in lower case
}

func newPassage(l *line, w words, out string) *passage {
	p := &passage{line: l, words: w, out: out, atoms: atomsOf(l.text, l.spans)}
	outs := atomsOf(out, nil)
	p.kept = align(p.atoms, outs)
	var around, left strings.Builder
	at := 0
	for _, s := range l.spans {
		if _, ok := classes[s.class]; ok {
			around.WriteString(l.text[at:s.start] + "\x00")
			at = s.end
		}
	}
	p.around = strings.ToLower(around.String() + l.text[at:])
	at = 0
	for _, a := range outs {
		if a.label && !strings.Contains(l.text, a.text) {
			left.WriteString(out[at:a.start] + "\x00")
			at = a.end
		}
	}
	p.left = strings.ToLower(left.String() + out[at:])
	return p
}

// survived says whether a telling part of a value is left, and whether all is.
func (p *passage) survived(span int) (any, whole bool) {
	from, to := p.atomsOf(span)
	s := p.spans[span]
	if from == to { // nothing but signs, such as ::
		whole = strings.Count(p.out, p.text[s.start:s.end]) > strings.Count(p.around, p.text[s.start:s.end])
		return whole, whole
	}
	whole = p.all(from, to)
	parts, telling := partsOf(p.atoms, from, to), 0
	for i, q := range parts {
		if i > 0 && neighbours(s.class, p.textOf(parts[i-1]), p.textOf(q)) {
			telling++
			any = any || p.all(parts[i-1].from, q.to)
		}
		if p.byPlace(s, parts, i) || p.words.tells(s.class, p.textOf(q)) {
			telling++
			any = any || p.half(s.class, q) || p.elsewhere(p.textOf(q))
		}
	}
	return any || whole && telling == 0, whole
}

// atomsOf returns the atoms of a span.
func (p *passage) atomsOf(span int) (from, to int) {
	for from < len(p.atoms) && p.atoms[from].span != span {
		from++
	}
	for to = from; to < len(p.atoms) && p.atoms[to].span == span; {
		to++
	}
	return from, to
}

func (p *passage) textOf(q part) string { return textOf(p.text, p.atoms, q) }

// byPlace says whether a part tells because of where it stands: behind the
// directory of all homes, or before the @ of an address.
func (p *passage) byPlace(s span, parts []part, i int) bool {
	switch {
	case groups[s.class] == places && i > 0:
		return homes[strings.ToLower(p.textOf(parts[i-1]))]
	case s.class == "email":
		return strings.Contains(p.text[p.atoms[parts[i].to-1].end:s.end], "@")
	default:
		return false
	}
}

// all says whether all of some atoms came out.
func (p *passage) all(from, to int) bool { return !slices.Contains(p.kept[from:to], -1) }

// half says whether a part that tells survived, whole or with a half that tells
// by itself.
func (p *passage) half(class string, q part) bool {
	if p.all(q.from, q.to) {
		return true
	}
	for i := q.from; i < q.to; i++ {
		j := i
		for j < q.to && p.kept[j] >= 0 {
			j++
		}
		if j > i && p.words.tells(class, p.textOf(part{i, j})) {
			return true
		}
		i = j
	}
	return false
}

// elsewhere says whether the output holds a part, in whatever case, more often
// than the text around all values and the values that it is known to be left of.
func (p *passage) elsewhere(text string) bool {
	text = strings.ToLower(text)
	n := strings.Count(p.left, text) - strings.Count(p.around, text)
	if len(text) <= 3 || n <= 0 {
		return false
	}
	for _, q := range partsOf(p.atoms, 0, len(p.atoms)) {
		if p.atoms[q.from].span >= 0 && p.all(q.from, q.to) {
			n -= strings.Count(strings.ToLower(p.textOf(q)), text)
		}
	}
	return n > 0
}

// wordsKept counts the words outside of all spans for which ok holds, and those
// of them that came out.
func (p *passage) wordsKept(ok func(q part) bool) (t tally) {
	for _, q := range partsOf(p.atoms, 0, len(p.atoms)) {
		if p.atoms[q.from].span < 0 && lettersOnly(p.atoms[q.from].text) && ok(q) {
			t.add(p.all(q.from, q.to))
		}
	}
	return t
}
