package template

import (
	"slices"
	"strings"

	"github.com/tacit-telemetry/tacit/schema"
)

// MaxLine is the longest line that is looked at, in bytes.
const MaxLine = 8 << 10

// Matcher finds the template of a line among those of one product. It never
// changes, and may be used by many at once.
type Matcher struct {
	own       string
	templates []*Template
	first     map[string][]int // by the first word, where it is always there
	others    []int
}

// NewMatcher returns a matcher for the product of that name, whose own name may
// stand before its messages.
func NewMatcher(product string, templates []*Template) *Matcher {
	m := &Matcher{own: product, templates: templates, first: map[string][]int{}}
	for i, t := range templates {
		if word, ok := t.firstWord(); ok {
			m.first[word] = append(m.first[word], i)
		} else {
			m.others = append(m.others, i)
		}
	}
	return m
}

// firstWord returns the word that the template always begins with, if it has
// one.
func (t *Template) firstWord() (string, bool) {
	constant := t.pieces[0].constant
	if end := strings.IndexAny(constant, " \t"); end >= 0 {
		return constant[:end], true
	}
	return constant, constant != "" && (len(t.pieces) == 1 || t.pieces[1].name == "") // fields follow
}

// line is a line of a log, taken apart.
type line struct {
	message    string
	ends       set // where the message may end
	prefixed   bool
	structured bool
	pairs      []pair // of a structured line
}

// Match returns the index of the one template that the line is of, and what is
// told of its placeholders, sorted by name. It fails for a line of none, and of
// several.
func (m *Matcher) Match(text string) (index int, labels []schema.Label, ok bool) {
	text = strings.TrimRight(text, "\r\n")
	if len(text) > MaxLine {
		return 0, nil, false
	}
	index = -1
	for _, l := range take(text, m.own) {
		for _, i := range m.candidates(l) {
			found, ok := m.templates[i].match(l)
			switch {
			case !ok:
			case index < 0:
				index, labels = i, found
			case index == i: // it may begin at two places
				labels = both(labels, found)
			default:
				return 0, nil, false
			}
		}
	}
	slices.SortFunc(labels, func(a, b schema.Label) int { return strings.Compare(a.Name, b.Name) })
	return index, labels, index >= 0
}

// take takes a line apart, in each way that its prefix allows.
func take(text, own string) (out []line) {
	begin := starts(text, own)
	for _, start := range begin {
		switch l, ok := structured(text[start:]); {
		case l != nil:
			return []line{*l}
		case ok:
			return nil
		}
	}
	for _, start := range begin {
		out = append(out, line{message: text[start:], ends: trailing(text[start:]), prefixed: start > 0})
	}
	return out
}

// candidates returns the templates that may fit a line. Behind a prefix, one
// that begins with any text is none: it took the prefix with it.
func (m *Matcher) candidates(l line) []int {
	word, _ := nextWord(l.message, 0)
	out := slices.Clone(m.first[word])
	for _, i := range m.others {
		p := &m.templates[i].pieces[0]
		if p.constant != "" && !strings.HasPrefix(l.message, p.constant) || l.prefixed && p.isOpen() {
			continue
		}
		out = append(out, i)
	}
	return out
}

// match lays the template on a line. The fields of a structured one are apart
// from its message. Another may have them as they stand in the template, or
// quoted and in any order: what is told must be so in both readings.
func (t *Template) match(l line) ([]schema.Label, bool) {
	apart, complete, ok := t.apart(l)
	if ok && l.structured {
		return apart, true
	}
	whole, is := t.whole(l)
	switch {
	case !is:
		return apart, ok
	case ok && complete:
		return both(apart, whole), true
	}
	return whole, true
}

// both returns the labels that two readings have.
func both(a, b []schema.Label) []schema.Label {
	return slices.DeleteFunc(a, func(l schema.Label) bool { return !slices.Contains(b, l) })
}

// whole lays message and fields on the line's message.
func (t *Template) whole(l line) ([]schema.Label, bool) {
	r, ok := read(t.pieces, l.message, l.ends)
	return t.labelsOf(r), ok
}

// apart lays the message on the line's, and looks for the fields. Behind a
// message, they count only if all of them are there: fewer may be the end of a
// text that is dropped.
func (t *Template) apart(l line) (labels []schema.Label, complete, ok bool) {
	if len(t.fields) == 0 {
		return nil, false, false
	}
	r, ok := read(t.pieces[:t.message], l.message, l.ends)
	if !ok {
		return nil, false, false
	}
	pairs := l.pairs
	if !l.structured {
		end := r.at[t.message].next(0)
		pairs, _ = assignments(strings.TrimLeft(l.message[end:], " \t"))
	}
	told, complete := t.labelsIn(pairs)
	if !l.structured && !complete {
		told = nil
	}
	return append(t.labelsOf(r), told...), complete, true
}

func (t *Template) labelsOf(r *reading) []schema.Label {
	if r == nil || !t.labels {
		return nil
	}
	return r.labels()
}

// labelsIn returns what is told of the template's fields, and whether all of
// them are there. What cannot be told, or is there twice, is left out.
func (t *Template) labelsIn(pairs []pair) (out []schema.Label, complete bool) {
	complete = true
	for _, f := range t.fields {
		told, there := "", 0
		for _, p := range pairs {
			if p.key == f.key {
				told = f.slot.told(p.value)
				there++
			}
		}
		complete = complete && there > 0
		if told != "" && there == 1 {
			out = append(out, schema.Label{Name: f.name, Value: told})
		}
	}
	return out, complete
}
