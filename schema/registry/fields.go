package registry

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The readers below read one key of an object. A key that is not there gives
// the zero value; whether it had to be there was asked before.

// maxProse bounds descriptions, purposes and the like, in bytes.
const maxProse = 1000

// text reads a text that is not empty.
func (rd *reader) text(o object, key string) string {
	n, ok := o.at[key]
	if !ok {
		return ""
	}
	what := key + " of " + o.what
	tags := []string{"!!str"}
	if key == "expires" {
		tags = append(tags, "!!timestamp") // a date needs no quotes
	}
	s, ok := rd.scalar(n, what, wantText, tags...)
	switch {
	case !ok:
	case strings.TrimSpace(s) == "":
		rd.problem(n, what+" is empty", "write it")
	case len(s) > maxProse:
		rd.problem(n, fmt.Sprintf("%s has %d bytes", what, len(s)), fmt.Sprintf("write at most %d bytes", maxProse))
	}
	return s
}

// oneOf reads a text that is one of the allowed ones, and returns an empty one
// in place of any other.
func oneOf[T ~string](rd *reader, o object, key string, allowed []T) T {
	had := len(rd.problems)
	s := T(rd.text(o, key))
	if !o.has(key) || len(rd.problems) > had || slices.Contains(allowed, s) {
		return s
	}
	words := make([]string, len(allowed))
	for i, a := range allowed {
		words[i] = string(a)
	}
	fix := "use one of " + strings.Join(words, ", ")
	if len(words) == 1 {
		fix = "write " + words[0]
	}
	if near := nearest(string(s), words); near != "" {
		fix = "write " + near
	}
	rd.problem(o.at[key], fmt.Sprintf("unknown %s %s in %s", key, quoted(string(s)), o.what), fix)
	return ""
}

// number reads a whole number.
func (rd *reader) number(o object, key string) int64 {
	n, ok := o.at[key]
	if !ok {
		return 0
	}
	return rd.whole(n, key+" of "+o.what)
}

func (rd *reader) whole(n *yaml.Node, what string) int64 {
	s, ok := rd.scalar(n, what, "a whole number", "!!int")
	if !ok {
		return 0
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64)
	if err != nil || v < 0 || s[0] == '0' && s != "0" { // YAML reads 010 as eight
		rd.problem(n, what+" is not a plain number", "write decimal digits, from 0 to 2^63-1, without a zero in front")
		return 0
	}
	return v
}

// numbers reads a list of whole numbers, or nothing when one of them is wrong.
func (rd *reader) numbers(o object, key string) []int64 {
	n, ok := o.at[key]
	if !ok {
		return nil
	}
	had := len(rd.problems)
	var out []int64
	for _, e := range rd.list(n, key+" of "+o.what) {
		out = append(out, rd.whole(e, "element of "+key+" of "+o.what))
	}
	if len(rd.problems) > had {
		return nil
	}
	return out
}

// yes reads true or false. What is neither gives true, of which no later rule
// complains.
func (rd *reader) yes(o object, key string) bool {
	n, ok := o.at[key]
	if !ok {
		return false
	}
	s, ok := rd.scalar(n, key+" of "+o.what, "true or false", "!!bool")
	return !ok || strings.EqualFold(s, "true")
}

// texts reads a list of different texts that each fit.
func (rd *reader) texts(o object, key string, fits func(string) bool, form string) []string {
	n, ok := o.at[key]
	if !ok {
		return nil
	}
	var out []string
	seen := map[string]bool{}
	for _, e := range rd.list(n, key+" of "+o.what) {
		what := "element of " + key + " of " + o.what
		s, ok := rd.scalar(e, what, wantText, "!!str")
		switch {
		case !ok:
			continue
		case !fits(s):
			rd.problem(e, fmt.Sprintf("%s in %s of %s does not have the form", quoted(s), key, o.what), form)
		case seen[s]:
			rd.problem(e, fmt.Sprintf("%s is twice in %s of %s", quoted(s), key, o.what), "remove one of them")
		}
		seen[s] = true
		out = append(out, s)
	}
	return out
}

// unique reports a name that was seen before.
func (rd *reader) unique(o object, seen map[string]bool, name string) {
	if name == "" {
		return
	}
	if seen[name] {
		rd.problem(o.value("name"), o.what+" is there twice", "remove or rename one of them")
	}
	seen[name] = true
}
