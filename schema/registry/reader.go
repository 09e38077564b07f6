package registry

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// reader walks the nodes of a file and gathers the problems it finds. Where a
// value is missing or wrong it reports that once and goes on with the zero
// value, which no later rule complains about again.
type reader struct {
	file     string
	problems Problems
}

// maxQuoted bounds what a problem repeats of the file.
const maxQuoted = 60

func (rd *reader) problemAt(line, column int, what, fix string) {
	rd.problems = append(rd.problems, Problem{File: rd.file, Line: max(line, 1), Column: max(column, 1), What: what, Fix: fix})
}

func (rd *reader) problem(n *yaml.Node, what, fix string) { rd.problemAt(n.Line, n.Column, what, fix) }

// quoted returns a text of the file as a problem shows it.
func quoted(s string) string {
	for len(s) > maxQuoted {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return fmt.Sprintf("%q", s)
}

// plain reports anchors, aliases and tags anywhere below a node: whoever reviews
// a registry reads each value where it stands, as it stands.
func (rd *reader) plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		rd.problem(n, "an alias", "write the value out")
	case n.Anchor != "":
		rd.problem(n, "an anchor", "remove "+quoted("&"+n.Anchor))
	case n.Style&yaml.TaggedStyle != 0:
		rd.problem(n, "a tag", "remove "+quoted(n.Tag))
	}
	for _, c := range n.Content {
		rd.plain(c)
	}
}

// object is a mapping whose keys were checked.
type object struct {
	what string // for problems: `metric "os.type"`
	node *yaml.Node
	at   map[string]*yaml.Node // values by key
}

// value returns the node of a key, or the object's own when the key is missing,
// so that a problem always has a place.
func (o object) value(key string) *yaml.Node {
	if n, ok := o.at[key]; ok {
		return n
	}
	return o.node
}

// has says whether the object has the key.
func (o object) has(key string) bool {
	_, ok := o.at[key]
	return ok
}

// object reads a mapping with the required and optional keys and no others.
// In problems it is called what, its name if it has one, and of.
func (rd *reader) object(n *yaml.Node, what, of string, required, optional []string) object {
	o := object{what: what + of, node: n, at: map[string]*yaml.Node{}}
	if n.Kind != yaml.MappingNode {
		rd.wrongKind(n, o.what, "keys and values")
		return o
	}
	keys := append(append([]string{}, required...), optional...)
	o.what = what + nameIn(n) + of
	for i := 0; i+1 < len(n.Content); i += 2 {
		rd.key(o, n.Content[i], n.Content[i+1], keys)
	}
	for _, k := range required {
		if !o.has(k) {
			rd.problem(n, fmt.Sprintf("%s has no %s", o.what, k), "add "+k+": ...")
		}
	}
	return o
}

// nameIn returns the quoted value of a mapping's key "name", after a space.
func nameIn(n *yaml.Node) string {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if v := n.Content[i+1]; n.Content[i].Value == "name" && v.Kind == yaml.ScalarNode && v.Value != "" {
			return " " + quoted(v.Value)
		}
	}
	return ""
}

func (rd *reader) key(o object, key, value *yaml.Node, keys []string) {
	name := key.Value
	known := false
	for _, k := range keys {
		known = known || k == name
	}
	switch {
	case key.Kind != yaml.ScalarNode || !known:
		fix := "use only " + strings.Join(keys, ", ")
		if near := nearest(name, keys); near != "" {
			fix = "write " + near
		}
		rd.problem(key, fmt.Sprintf("unknown key %s in %s", quoted(name), o.what), fix)
	case o.has(name):
		rd.problem(key, fmt.Sprintf("%s has the key %s twice", o.what, name), "remove one of them")
	default:
		o.at[name] = value
	}
}

// wrongKind reports a node that is not what belongs there.
func (rd *reader) wrongKind(n *yaml.Node, what, want string) {
	got := quoted(n.Value)
	fix := "write " + want
	switch {
	case n.Kind == yaml.AliasNode:
		return // plain reported it
	case n.Kind == yaml.SequenceNode:
		got = "a list"
	case n.Kind == yaml.MappingNode:
		got = "keys and values"
	case n.ShortTag() == "!!null":
		got = "nothing"
	case want == wantText:
		got, fix = strings.Trim(got, `"`)+" without quotes", "put it in quotes"
	}
	rd.problem(n, fmt.Sprintf("%s is %s, not %s", what, got, want), fix)
}

const wantText = "a text"

// scalar reads a single value of one of the tags and reports anything else.
func (rd *reader) scalar(n *yaml.Node, what, want string, tags ...string) (string, bool) {
	if n.Kind == yaml.ScalarNode {
		for _, t := range tags {
			if n.ShortTag() == t {
				return n.Value, true
			}
		}
	}
	rd.wrongKind(n, what, want)
	return "", false
}

// list returns the elements of a list.
func (rd *reader) list(n *yaml.Node, what string) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		rd.wrongKind(n, what, "a list")
		return nil
	}
	if len(n.Content) == 0 {
		rd.problem(n, what+" is empty", "add an element or remove the key")
	}
	return n.Content
}
