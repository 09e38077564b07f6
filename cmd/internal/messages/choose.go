package messages

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/tacit-telemetry/tacit/schema/registry/template"
)

// candidate is a template that may be listed.
type candidate struct {
	Line
	parsed *template.Template
	known  bool
}

// choose makes templates of messages, leaves out those that fit lines of others,
// and gives them IDs. Those that are known go first.
func choose(known []Line, found []message, skip func(place, format string, values ...any)) []Line {
	all := parseKnown(known)
	byShape := map[string]int{}
	for i, c := range all {
		byShape[shape(c.Text)] = i
	}
	var others []candidate
	for _, m := range merge(found) {
		text := m.template()
		if i, ok := byShape[shape(text)]; ok {
			all[i].Place = cmp.Or(all[i].Place, m.place)
			continue
		}
		parsed, err := template.Parse(text, nil)
		if err != nil {
			skip(m.place, "%q: %v", text, err)
			continue
		}
		others = append(others, candidate{Line{Text: text, Place: m.place}, parsed, false})
	}
	// What fits more lines goes first: then no line is of none.
	slices.SortStableFunc(others, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.parsed.Constants(), b.parsed.Constants()), cmp.Compare(a.Text, b.Text))
	})
	for _, c := range others {
		i := slices.IndexFunc(all, func(k candidate) bool { return k.Place != "" && template.Overlap(k.parsed, c.parsed) })
		if i >= 0 {
			skip(c.Place, "%q fits lines of %q at %s", c.Text, all[i].Text, all[i].Place)
			continue
		}
		all = append(all, c)
	}
	return named(all)
}

// parseKnown reads the lines of the registry, which has no other.
func parseKnown(known []Line) (out []candidate) {
	for _, l := range known {
		if parsed, err := template.Parse(l.Text, nil); err == nil {
			out = append(out, candidate{l, parsed, true})
		}
	}
	return out
}

// merge makes one message of those with one text. It has the keys that all of
// them have.
func merge(found []message) (out []message) {
	at := map[string]int{}
	for _, m := range found {
		i, ok := at[m.text]
		if !ok {
			at[m.text] = len(out)
			out = append(out, m)
			continue
		}
		out[i].keys = slices.DeleteFunc(slices.Clone(out[i].keys), func(k string) bool { return !slices.Contains(m.keys, k) })
	}
	return out
}

// template returns the text with its fields.
func (m message) template() string {
	b := &builder{}
	b.out.WriteString(m.text)
	if parsed, err := template.Parse(m.text, nil); err == nil {
		b.names = parsed.Names()
	}
	for i, key := range m.keys {
		name := snake(key)
		if name == "" || strings.ContainsFunc(key, notKey) || slices.Contains(m.keys[:i], key) {
			continue
		}
		b.out.WriteString(" " + key + "={" + b.unique(name) + "}")
	}
	return b.out.String()
}

func notKey(r rune) bool {
	return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("._-", r)
}

// shape is a text without the names of its placeholders: whoever gives one the
// name of a label does not make another message of it.
func shape(text string) string {
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], "{{"), strings.HasPrefix(text[i:], "}}"):
			out.WriteString(text[i : i+2])
			i++
		case text[i] == '{':
			out.WriteString("{}")
			i += strings.IndexByte(text[i:]+"}", '}')
		default:
			out.WriteByte(text[i])
		}
	}
	return out.String()
}

// named gives each an ID, and returns those that the sources still have, sorted
// by it.
func named(all []candidate) []Line {
	lines := map[string]Line{}
	for _, c := range all {
		if c.known {
			lines[c.ID] = c.Line
		}
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(a.Text, b.Text) })
	for _, c := range all {
		if c.known {
			continue
		}
		id := slug(c.Text)
		c.ID = id
		for n := 2; lines[c.ID].Text != ""; n++ {
			c.ID = fmt.Sprintf("%s_%d", id, n)
		}
		lines[c.ID] = c.Line
	}
	var out []Line
	for _, id := range slices.Sorted(maps.Keys(lines)) {
		if lines[id].Place != "" {
			out = append(out, lines[id])
		}
	}
	return out
}

// maxSlug bounds an ID, so that a number fits behind it.
const maxSlug = 48

// slug makes an ID of the words of a text that are always there.
func slug(text string) string {
	for {
		before, rest, ok := strings.Cut(text, "{")
		_, after, closed := strings.Cut(rest, "}")
		if !ok || !closed {
			break
		}
		text = before + " " + after
	}
	notWord := func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	out := ""
	for _, word := range strings.FieldsFunc(strings.ToLower(text), notWord) {
		if len(out)+1+len(word) > maxSlug {
			break
		}
		out = strings.TrimPrefix(out+"_"+word, "_")
	}
	if out == "" {
		return "line"
	}
	return out
}
