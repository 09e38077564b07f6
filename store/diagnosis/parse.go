package diagnosis

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Bounds of the vendor's file.
const (
	MaxKnownFile = 1 << 20 // bytes
	maxKnownText = 500     // characters of a title or a workaround
	maxQuoted    = 60      // bytes that a problem repeats of the file
)

// ParseKnown reads the vendor's file, at most [MaxKnownFile] bytes of YAML without
// anchors and aliases:
//
//	known_issues:
//	  - product: finder          # as the registry names it
//	    code: search_timeout     # of the error; or
//	    function: query.Run      # that it comes from; or both
//	    operation: search        # optional beside these; alone: an operation that is slow
//	    title: Search gives up too early
//	    since: 5.3.0             # optional: the first version that has it
//	    fixed_in: 5.3.1          # optional: the first that has it no more
//	    workaround: ...          # optional
//	    url: https://...         # optional
//	releases:
//	  - {product: finder, version: "5.2", end_of_life: 2026-12-31}
//
// Both keys are optional. The file name is for messages only. The error is
// [registry.Problems]: all mistakes, each with its line and what to write
// instead.
func ParseKnown(file string, data []byte) (*Known, error) {
	p := &parser{file: file}
	k := &Known{}
	if root := p.document(data); root != nil {
		p.plain(root)
		at := p.object(root, "the file", nil, []string{"known_issues", "releases"})
		for _, n := range p.list(at["known_issues"], "known_issues") {
			k.Issues = append(k.Issues, p.issue(n))
		}
		for _, n := range p.list(at["releases"], "releases") {
			k.Releases = append(k.Releases, p.release(n))
		}
	}
	if len(p.problems) > 0 {
		slices.SortStableFunc(p.problems, func(a, b registry.Problem) int { return a.Line - b.Line })
		return nil, p.problems
	}
	return k, nil
}

// parser walks the nodes and gathers the problems it finds.
type parser struct {
	file     string
	problems registry.Problems
}

func (p *parser) problem(n *yaml.Node, what, fix string) {
	p.problems = append(p.problems, registry.Problem{File: p.file, Line: max(n.Line, 1), Column: max(n.Column, 1), What: what, Fix: fix})
}

// document turns bytes into the root node, or nil: with a problem, or when the
// file is empty, as one is that says nothing yet.
func (p *parser) document(data []byte) *yaml.Node {
	start := &yaml.Node{Line: 1, Column: 1}
	switch {
	case len(data) > MaxKnownFile:
		p.problem(start, "file of "+strconv.Itoa(len(data))+" bytes", "write at most "+strconv.Itoa(MaxKnownFile)+" bytes")
		return nil
	case !utf8.Valid(data):
		p.problem(start, "not UTF-8", "save the file as UTF-8")
		return nil
	}
	d := yaml.NewDecoder(bytes.NewReader(data))
	var doc, second yaml.Node
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err == nil {
		if err = d.Decode(&second); errors.Is(err, io.EOF) {
			return doc.Content[0]
		}
	}
	if err == nil {
		p.problem(&second, "a second YAML document", "keep one document, without a line of ---")
		return nil
	}
	if m := syntaxLine.FindStringSubmatch(err.Error()); m != nil {
		start.Line, _ = strconv.Atoi(m[1])
	}
	p.problem(start, "not YAML: "+strings.TrimPrefix(err.Error(), "yaml: "),
		"look at this line and those beside it: indentation by spaces, a space after each colon, closed quotes and brackets")
	return nil
}

// syntaxLine is how the library tells the line of a syntax error.
var syntaxLine = regexp.MustCompile(`^yaml: line ([0-9]+):`)

// plain reports anchors and aliases: whoever reads the file reads each value
// where it stands.
func (p *parser) plain(n *yaml.Node) {
	switch {
	case n.Kind == yaml.AliasNode:
		p.problem(n, "an alias", "write the value out")
		return
	case n.Anchor != "":
		p.problem(n, "an anchor", "remove &"+n.Anchor)
	}
	for _, c := range n.Content {
		p.plain(c)
	}
}

// object returns the values of a mapping by key.
func (p *parser) object(n *yaml.Node, what string, required, optional []string) map[string]*yaml.Node {
	at := map[string]*yaml.Node{}
	if n.Kind != yaml.MappingNode {
		p.problem(n, what+" has no keys and values", "write key: value, one a line")
		return at
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case !slices.Contains(required, key.Value) && !slices.Contains(optional, key.Value):
			p.problem(key, fmt.Sprintf("unknown key %s in %s", quoted(key.Value), what),
				"use only "+strings.Join(slices.Concat(required, optional), ", "))
		case at[key.Value] != nil:
			p.problem(key, what+" has the key "+key.Value+" twice", "remove one of them")
		default:
			at[key.Value] = n.Content[i+1]
		}
	}
	for _, k := range required {
		if at[k] == nil {
			p.problem(n, what+" has no "+k, "add "+k+": ...")
		}
	}
	return at
}

// list returns the elements of a list; none when it is not there.
func (p *parser) list(n *yaml.Node, what string) []*yaml.Node {
	if n == nil || n.ShortTag() == "!!null" {
		return nil
	}
	if n.Kind != yaml.SequenceNode {
		p.problem(n, what+" is no list", "begin each of its elements with a dash")
		return nil
	}
	return n.Content
}

// text returns a text of one line, or "" where it is not there.
func (p *parser) text(at map[string]*yaml.Node, key string) string {
	n := at[key]
	switch {
	case n == nil:
		return ""
	case n.Kind != yaml.ScalarNode || strings.TrimSpace(n.Value) == "":
		p.problem(n, key+" is no text", "write a text, or remove the key")
		return ""
	case utf8.RuneCountInString(n.Value) > maxKnownText:
		p.problem(n, key+" has more than "+strconv.Itoa(maxKnownText)+" characters", "shorten it, and put the rest behind url")
		return ""
	}
	return strings.Join(strings.Fields(n.Value), " ")
}

// version returns a version, or "" where it is not there.
func (p *parser) version(at map[string]*yaml.Node, key string) string {
	s := p.text(at, key)
	switch n := at[key]; {
	case s == "":
	case !registry.IsVersion(s):
		p.problem(n, key+" is "+quoted(s)+", which is no version", "write it as the product reports it, such as 5.3.1")
	case n.ShortTag() == "!!float":
		p.problem(n, key+" is a number, and YAML may cut its last digit", "put it in quotes: \""+s+"\"")
	}
	return s
}

func (p *parser) issue(n *yaml.Node) Issue {
	at := p.object(n, "the issue", []string{"product", "title"},
		[]string{"code", "function", "operation", "since", "fixed_in", "workaround", "url"})
	i := Issue{
		Product: p.text(at, "product"), Code: p.text(at, "code"), Function: p.text(at, "function"), Operation: p.text(at, "operation"),
		Title: p.text(at, "title"), Since: p.version(at, "since"), FixedIn: p.version(at, "fixed_in"),
		Workaround: p.text(at, "workaround"), URL: p.text(at, "url"),
	}
	if at["code"] == nil && at["function"] == nil && at["operation"] == nil && n.Kind == yaml.MappingNode {
		p.problem(n, "the issue has neither code, function nor operation", "add code: with the error's code")
	}
	if u, err := url.Parse(i.URL); i.URL != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
		p.problem(at["url"], "url is "+quoted(i.URL)+", which is no address of a page", "write it whole, as https://...")
	}
	if i.Since != "" && i.FixedIn != "" && registry.CompareVersions(i.Since, i.FixedIn) >= 0 {
		p.problem(at["fixed_in"], "fixed_in is not after since", "write the first version that has the issue as since")
	}
	return i
}

func (p *parser) release(n *yaml.Node) Release {
	at := p.object(n, "the release", []string{"product", "version", "end_of_life"}, nil)
	r := Release{Product: p.text(at, "product"), Version: p.version(at, "version"), EndOfLife: p.text(at, "end_of_life")}
	if _, err := time.Parse(time.DateOnly, r.EndOfLife); r.EndOfLife != "" && err != nil {
		p.problem(at["end_of_life"], "end_of_life is "+quoted(r.EndOfLife)+", which is no day", "write it as 2027-06-30")
	}
	return r
}

// quoted returns a text of the file as a problem shows it.
func quoted(s string) string {
	if len(s) > maxQuoted {
		s = strings.ToValidUTF8(s[:maxQuoted], "")
	}
	return fmt.Sprintf("%q", s)
}
