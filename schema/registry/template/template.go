package template

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Template is one line that a product may log. It never changes.
type Template struct {
	pieces  []piece
	message int // how many of the pieces are the message; the others are fields
	fields  []field
	labels  bool // whether it has slots that are not dropped
}

// Slot says what may stand in a placeholder, and what is told of it. The zero
// Slot takes any text and tells nothing.
type Slot struct {
	Words  []string           // the texts that it may be: they are told
	Other  string             // what any other word of at most 64 bytes is told as; empty: there is none
	Unit   string             // in which numbers are counted, as the registry writes it
	Bucket func(int64) string // the range that is told in place of a number; nil: it is none
	Fits   func(string) bool  // whether a word of at most 64 bytes may be told as it is; nil: it has no form
}

// piece is a constant, or a placeholder with its slot.
type piece struct {
	constant string
	name     string
	slot     *Slot // nil: what stands there is dropped
}

// field is a placeholder behind the message, by its key.
type field struct {
	key  string
	name string
	slot *Slot
}

// Mistake is what is wrong with the text of a template, and what to write
// instead.
type Mistake struct{ What, Fix string }

// Error says both.
func (m *Mistake) Error() string { return m.What + "; fix: " + m.Fix }

// Parse reads a template. A placeholder whose name is not in slots is dropped.
// The error is a [*Mistake].
func Parse(text string, slots map[string]Slot) (*Template, error) {
	pieces, err := split(text)
	if err != nil {
		return nil, err
	}
	t := &Template{pieces: pieces}
	for i, p := range pieces {
		if p.name != "" && slices.ContainsFunc(pieces[:i], func(o piece) bool { return o.name == p.name }) {
			return nil, &Mistake{fmt.Sprintf("placeholder {%s} is there twice", p.name), "give each a name of its own"}
		}
		if slot := slots[p.name]; p.name != "" && !slot.dropped() {
			pieces[i].slot, t.labels = &slot, true
		}
	}
	if name, unit := unitBehind(t.pieces); unit != "" {
		return nil, &Mistake{fmt.Sprintf("%q stands behind {%s}", unit, name), "leave it out: a number is read with its unit"}
	}
	t.cutFields()
	if !slices.ContainsFunc(t.pieces[:t.message], func(p piece) bool { return hasWord(p.constant) }) {
		return nil, &Mistake{"there is no word that is always there", "write the words of the message; a line of placeholders alone fits every line"}
	}
	return t, nil
}

// Names returns the names of the placeholders, in the order of the text.
func (t *Template) Names() (out []string) {
	for _, p := range t.pieces {
		if p.name != "" {
			out = append(out, p.name)
		}
	}
	return out
}

// Constants returns how many bytes of the template are always there.
func (t *Template) Constants() int {
	n := 0
	for _, p := range t.pieces {
		n += len(p.constant)
	}
	return n
}

// dropped says whether nothing is told of what stands there.
func (s *Slot) dropped() bool {
	return s == nil || len(s.Words) == 0 && s.Bucket == nil && s.Fits == nil
}

// split cuts a text at its placeholders.
func split(text string) (out []piece, err error) {
	constant := ""
	for rest := text; rest != ""; {
		i := strings.IndexAny(rest, "{}")
		switch {
		case i < 0:
			constant, rest = constant+rest, ""
			continue
		case strings.HasPrefix(rest[i+1:], rest[i:i+1]):
			constant, rest = constant+rest[:i+1], rest[i+2:]
			continue
		case rest[i] == '}':
			return nil, &Mistake{"there is a } without a {", "write }} for a brace"}
		}
		name, after, closed := strings.Cut(rest[i+1:], "}")
		if !closed || !isName(name) {
			return nil, &Mistake{"there is a { without a name and a }", "write {name}, of letters, digits and . _ -, or {{ for a brace"}
		}
		if constant += rest[:i]; constant != "" {
			out = append(out, piece{constant: constant})
		} else if len(out) > 0 {
			return nil, &Mistake{fmt.Sprintf("nothing stands between {%s} and {%s}", out[len(out)-1].name, name), "make one placeholder of both"}
		}
		out, rest, constant = append(out, piece{name: name}), after, ""
	}
	if constant != "" {
		out = append(out, piece{constant: constant})
	}
	return out, nil
}

// cutFields finds the fields that the template ends in: " key=" and a
// placeholder each.
func (t *Template) cutFields() {
	n := len(t.pieces)
	for n >= 2 && t.pieces[n-1].name != "" {
		before, key, ok := cutKey(t.pieces[n-2].constant)
		if !ok {
			break
		}
		t.fields = append(t.fields, field{key, t.pieces[n-1].name, t.pieces[n-1].slot})
		n -= 2
		if before != "" {
			t.pieces[n].constant = " " + key + "="
			t.pieces = slices.Insert(t.pieces, n, piece{constant: before})
			n++
			break
		}
	}
	slices.Reverse(t.fields)
	t.message = n
}

// cutKey cuts a constant that ends in " key=" there.
func cutKey(constant string) (before, key string, ok bool) {
	i := strings.LastIndexByte(constant, ' ')
	key, ok = strings.CutSuffix(constant[i+1:], "=")
	if i < 0 || !ok || !isName(key) {
		return "", "", false
	}
	return constant[:i], key, true
}

const maxName = 64 // bytes of a placeholder's name or a key

func isName(s string) bool {
	return s != "" && len(s) <= maxName && strings.IndexFunc(s, func(r rune) bool { return r > unicode.MaxASCII || !isNameByte(byte(r)) }) < 0
}

func isNameByte(c byte) bool {
	return isLetter(c) || isDigit(c) || c == '.' || c == '_' || c == '-'
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }

// hasWord says whether there are two letters in a row.
func hasWord(s string) bool {
	letters := 0
	for _, r := range s {
		if !unicode.IsLetter(r) {
			letters = 0
		} else if letters++; letters == 2 {
			return true
		}
	}
	return false
}
