package template

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
)

// pair is a field as a line has it.
type pair struct{ key, value string }

// maxPairs bounds the fields of a line that are looked at.
const maxPairs = 64

// structured reads a text in one of slog's forms, and fails when it has another.
// An object without a message is one that has no line for anybody: nil.
func structured(text string) (l *line, ok bool) {
	pairs, object := object(text)
	if !object {
		pairs, _ = assignments(text)
	}
	i := slices.IndexFunc(pairs, func(p pair) bool { return p.key == "msg" || p.key == "message" })
	if i < 0 {
		return nil, object
	}
	l = &line{message: pairs[i].value, structured: true}
	l.pairs = slices.Delete(pairs, i, i+1)
	l.ends = make(set, words(len(l.message)+1))
	l.ends.add(len(l.message))
	return l, true
}

// object reads a line that is a JSON object. What lies in groups has the group's
// key and a dot in front.
func object(line string) (out []pair, ok bool) {
	if !strings.HasPrefix(line, "{") {
		return nil, false
	}
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, false
	}
	out, ok = members(d, "", nil)
	if _, err := d.Token(); err == nil || d.InputOffset() < int64(len(strings.TrimRight(line, " "))) {
		return nil, false // something follows
	}
	return out, ok
}

// members reads the rest of an object, up to its brace.
func members(d *json.Decoder, group string, out []pair) ([]pair, bool) {
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, false
		}
		value, err := d.Token()
		if err != nil {
			return nil, false
		}
		name, ok := group+key.(string), true
		switch v := value.(type) {
		case json.Delim:
			if v == '{' && strings.Count(group, ".") < maxGroups {
				out, ok = members(d, name+".", out)
			} else {
				ok = skip(d)
			}
		case string:
			out = more(out, pair{name, v})
		case json.Number:
			out = more(out, pair{name, v.String()})
		case bool:
			out = more(out, pair{name, strconv.FormatBool(v)})
		}
		if !ok {
			return nil, false
		}
	}
	_, err := d.Token()
	return out, err == nil
}

const maxGroups = 8 // within each other

// more appends a field, unless there are enough.
func more(pairs []pair, p pair) []pair {
	if len(pairs) == maxPairs {
		return pairs
	}
	return append(pairs, p)
}

// skip passes over the rest of a list or an object.
func skip(d *json.Decoder) bool {
	for depth := 1; depth > 0; {
		t, err := d.Token()
		if err != nil {
			return false
		}
		switch t {
		case json.Delim('['), json.Delim('{'):
			depth++
		case json.Delim(']'), json.Delim('}'):
			depth--
		}
	}
	return true
}

// assignments reads a line that is key=value and nothing else.
func assignments(line string) (out []pair, ok bool) {
	for rest := strings.TrimRight(line, " "); rest != ""; {
		p, n := assignment(rest)
		if n == 0 {
			return nil, false
		}
		out = more(out, p)
		rest = strings.TrimLeft(rest[n:], " ")
	}
	return out, len(out) > 0
}

// assignment reads key=value at the beginning of a text, and returns how long it
// is; 0: there is none. The value may be in quotes.
func assignment(text string) (pair, int) {
	n := 0
	for n < len(text) && isNameByte(text[n]) {
		n++
	}
	if n == 0 || n == len(text) || text[n] != '=' {
		return pair{}, 0
	}
	key, value := text[:n], text[n+1:]
	if strings.HasPrefix(value, `"`) {
		quoted, err := strconv.QuotedPrefix(value)
		if err != nil {
			return pair{}, 0
		}
		plain, err := strconv.Unquote(quoted)
		end := n + 1 + len(quoted)
		if err != nil || end < len(text) && text[end] != ' ' {
			return pair{}, 0
		}
		return pair{key, plain}, end
	}
	end := strings.IndexByte(value, ' ')
	if end < 0 {
		end = len(value)
	}
	return pair{key, value[:end]}, n + 1 + end
}

// trailing returns the places of a text behind which there is nothing but blanks
// and fields.
func trailing(text string) set {
	ends := make(set, words(len(text)+1))
	ends.add(len(text))
	for i := len(text) - 1; i >= 0; i-- {
		if text[i] != ' ' && text[i] != '\t' {
			continue
		}
		if _, n := assignment(text[i+1:]); ends.has(i+1) || n > 0 && ends.has(i+1+n) {
			ends.add(i)
		}
	}
	return ends
}
