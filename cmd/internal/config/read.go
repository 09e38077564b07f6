package config

import (
	"bytes"
	"encoding"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// onePerLine is the hint for what is not a file of keys at all.
const onePerLine = "write one \"key: value\" a line, as in the example file beside the source of this command"

// ErrNoFile says that --config is missing. Say in a hint how the command is
// typed.
var ErrNoFile = errors.New("no configuration file")

// Read reads the file at path into keys. What the file does not name stays as
// it was: set defaults before. Errors have a hint.
func Read(path string, keys []Key) error {
	b, err := readBounded(path)
	if err == nil {
		err = parse(b, keys)
	}
	return In(path, err)
}

// In says which file an error is about; nil stays nil. Read does it; it is for
// checks that follow the reading.
func In(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read configuration %s: %w", path, err)
}

func readBounded(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	b, err := io.ReadAll(io.LimitReader(f, MaxLen+1))
	if err != nil {
		return nil, err
	}
	if len(b) > MaxLen {
		return nil, cli.WithHint(fmt.Errorf("it is longer than %d bytes", MaxLen), onePerLine)
	}
	return b, nil
}

func parse(b []byte, keys []Key) error {
	var doc, second yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(b))
	if err := d.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return cli.WithHint(notYAML(err), onePerLine)
	}
	if len(doc.Content) == 0 {
		return needed(keys, nil, "")
	}
	if err := d.Decode(&second); !errors.Is(err, io.EOF) {
		return cli.WithHint(errors.New("something follows the end of the first document"), "remove the line --- and what follows it")
	}
	return section(doc.Content[0], keys, "")
}

// notYAML names the line, and nothing else of the library's text: it may quote a
// value.
func notYAML(err error) error {
	var line int
	if _, scanErr := fmt.Sscanf(err.Error(), "yaml: line %d:", &line); scanErr == nil {
		return fmt.Errorf("line %d: it is not YAML", line)
	}
	return errors.New("it is not YAML")
}

// section reads a mapping. Prefix is the name of the section with a dot, or "".
func section(node *yaml.Node, keys []Key, prefix string) error {
	if node.Kind != yaml.MappingNode {
		if prefix == "" && null(node) {
			return needed(keys, nil, prefix)
		}
		return cli.WithHint(fmt.Errorf("%s: not a key and a value", at(node)), onePerLine)
	}
	var seen []string
	for i := 0; i < len(node.Content); i += 2 {
		name, value := node.Content[i], node.Content[i+1]
		n := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name.Value && name.Kind == yaml.ScalarNode })
		switch {
		case n < 0:
			return cli.WithHint(fmt.Errorf("%s: unknown key", at(name)), "%s", known(keys, prefix))
		case slices.Contains(seen, name.Value):
			return cli.WithHint(fmt.Errorf("%s: %s%s is there twice", at(name), prefix, name.Value), "remove one of the two")
		}
		seen = append(seen, name.Value)
		if err := set(value, keys[n], prefix+name.Value); err != nil {
			return err
		}
	}
	return needed(keys, seen, prefix)
}

func at(n *yaml.Node) string { return fmt.Sprintf("line %d, column %d", n.Line, n.Column) }

func null(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func known(keys []Key, prefix string) string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	where := "the keys are "
	if prefix != "" {
		where = "the keys below " + strings.TrimSuffix(prefix, ".") + " are "
	}
	return where + strings.Join(names, ", ")
}

// needed finds what must be there and is not.
func needed(keys []Key, seen []string, prefix string) error {
	for _, k := range keys {
		if k.Need && !slices.Contains(seen, k.Name) {
			return cli.WithHint(fmt.Errorf("%s%s is missing", prefix, k.Name), "%s", k.hint())
		}
	}
	return nil
}

// set reads one value.
func set(node *yaml.Node, k Key, name string) error {
	if s, ok := k.Into.(*Section); ok {
		s.There = true
		return section(node, s.Keys, name+".")
	}
	err := k.read(node)
	var own *cli.Hinted
	switch {
	case err == nil:
		return nil
	case errors.As(err, &own):
		return cli.WithHint(fmt.Errorf("%s: %s %w", at(node), name, own.Err), "%s", own.Hint)
	}
	return cli.WithHint(fmt.Errorf("%s: the value of %s cannot be read", at(node), name), "%s", k.hint())
}

// errType says that a value is of another type than its key.
var errType = errors.New("another type")

func (k Key) read(node *yaml.Node) error {
	switch into := k.Into.(type) {
	case *[]URL:
		return list(node, into)
	case *[]Address:
		return list(node, into)
	case *[]Secret:
		return list(node, into)
	case *[]Path:
		return list(node, into)
	case *[][]Path:
		return lists(node, into)
	}
	if node.Kind != yaml.ScalarNode || null(node) {
		return errType
	}
	switch into := k.Into.(type) {
	case encoding.TextUnmarshaler:
		return into.UnmarshalText([]byte(node.Value))
	case *string:
		*into = node.Value
		return nil
	case *time.Duration, *bool, *int:
		return node.Decode(into)
	}
	return errType
}

// list reads a list of at least one value, or one value alone.
func list[T any, P interface {
	*T
	encoding.TextUnmarshaler
}](node *yaml.Node, into *[]T) error {
	nodes := []*yaml.Node{node}
	if node.Kind == yaml.SequenceNode {
		nodes = node.Content
	}
	out := make([]T, len(nodes))
	for i, n := range nodes {
		if n.Kind != yaml.ScalarNode || null(n) {
			return errType
		}
		if err := P(&out[i]).UnmarshalText([]byte(n.Value)); err != nil {
			return err
		}
	}
	if len(out) == 0 {
		return errType
	}
	*into = out
	return nil
}

// lists reads a list of at least one list.
func lists(node *yaml.Node, into *[][]Path) error {
	if node.Kind != yaml.SequenceNode || len(node.Content) == 0 {
		return errType
	}
	out := make([][]Path, len(node.Content))
	for i, n := range node.Content {
		if err := list(n, &out[i]); err != nil {
			return err
		}
	}
	*into = out
	return nil
}

// hint returns how the value of a key is written.
func (k Key) hint() string {
	if k.Hint != "" {
		return k.Hint
	}
	switch into := k.Into.(type) {
	case *time.Duration:
		return "write a time as 24h or 30m"
	case *bool:
		return "write true or false"
	case *int:
		return "write a whole number"
	case *[]URL:
		return urlHint
	case *[]Address:
		return addressHint
	case *[]Path:
		return filesHint
	case *[][]Path:
		return releaseHint
	case interface{ Form() string }:
		return into.Form()
	}
	return "write one word or one line of text"
}
