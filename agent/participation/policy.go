package participation

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// parseMachine reads a policy strictly. Its error is a [registry.Problem],
// with file, line, column and fix.
func parseMachine(file string, b []byte) (Machine, error) {
	m := Machine{Participation: NoOpinion}
	p := policyParser{file: file}
	root, err := p.root(b)
	if err != nil || root == nil {
		return m, err
	}
	seen := make(map[string]bool)
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		if seen[key.Value] {
			return Machine{Participation: NoOpinion}, p.problem(key, "key "+quoted(key.Value)+" stands twice", "remove one")
		}
		seen[key.Value] = true
		if err := p.set(&m, key, value); err != nil {
			return Machine{Participation: NoOpinion}, err
		}
	}
	return m, nil
}

type policyParser struct{ file string }

func (p policyParser) problem(n *yaml.Node, what, fix string) error {
	return registry.Problem{File: p.file, Line: max(n.Line, 1), Column: max(n.Column, 1), What: what, Fix: fix}
}

// root returns the policy's mapping, or nil when the file says nothing.
func (p policyParser) root(b []byte) (*yaml.Node, error) {
	d := yaml.NewDecoder(bytes.NewReader(b))
	var doc, more yaml.Node
	err := d.Decode(&doc)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, p.syntax(err)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	root := doc.Content[0]
	switch {
	case root.Kind == yaml.ScalarNode && root.Tag == "!!null":
		return nil, nil
	case root.Kind != yaml.MappingNode:
		return nil, p.problem(root, "a policy that is no list of keys and values", `write lines such as "participation: off"`)
	}
	if err := d.Decode(&more); !errors.Is(err, io.EOF) {
		more.Line = max(more.Line, root.Line)
		return nil, p.problem(&more, "a second document", "keep one, without a line of three hyphens")
	}
	return root, nil
}

// syntax makes a problem of the library's "yaml: line 3: ...".
func (p policyParser) syntax(err error) error {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	at := yaml.Node{}
	if _, scanErr := fmt.Sscanf(what, "line %d:", &at.Line); scanErr == nil {
		_, what, _ = strings.Cut(what, ": ")
	}
	return p.problem(&at, "no YAML: "+what, `write lines such as "participation: off"`)
}

// set takes one line of the policy.
func (p policyParser) set(m *Machine, key, value *yaml.Node) error {
	if value.Kind != yaml.ScalarNode || (value.Style|key.Style)&yaml.TaggedStyle != 0 || value.Anchor+key.Anchor != "" {
		return p.problem(value, "a value of "+quoted(key.Value)+" that is no plain word", "write one word")
	}
	switch word := value.Value; key.Value {
	case "participation":
		if err := p.oneOf(value, "on", "off"); err != nil {
			return err
		}
		m.Participation = map[string]State{"on": On, "off": Off}[word]
	case "country":
		if !isCountry(word) {
			return p.problem(value, "country "+quoted(word)+" is no ISO 3166-1 code", "write two capital letters, such as NO or GB, or unknown")
		}
		m.Country = word
	case "ephemeral":
		if err := p.oneOf(value, "true", "false"); err != nil {
			return err
		}
		m.Ephemeral = word == "true"
	case "level":
		if err := p.oneOf(value, string(schema.Standard), string(schema.Enhanced)); err != nil {
			return err
		}
		m.Level = schema.Level(word)
	default:
		return p.problem(key, "unknown key "+quoted(key.Value), "use participation, country, ephemeral or level")
	}
	return nil
}

func (p policyParser) oneOf(value *yaml.Node, words ...string) error {
	if slices.Contains(words, value.Value) {
		return nil
	}
	return p.problem(value, quoted(value.Value)+" is not taken here", "write "+strings.Join(words, " or "))
}

// isCountry asks the registry that is built in, which has the codes, also where
// the one in use leaves the country out: what would not be taken later is refused
// now.
func isCountry(s string) bool {
	rec := schema.Record{
		Product: schema.Product{Name: "tacit", Version: "devel"},
		Metric:  "country", Value: schema.Text(s),
	}
	return registry.Base().CheckOffered(&rec) == nil
}

// quoted shows a word of the file, cut to a length that fits on a line.
func quoted(s string) string { return fmt.Sprintf("%.40q", s) }
