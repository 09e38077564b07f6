package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Edits are changes to a configuration file, by key; "next.relays" is the key
// relays below next. What is not there is added.
type Edits map[string]any

// with returns the edits and more of them, which win.
func (e Edits) with(more Edits) Edits {
	all := Edits{}
	for _, edits := range []Edits{e, more} {
		for key, value := range edits {
			all[key] = value
		}
	}
	return all
}

// Example writes a shipped example file with edits to a directory of the test,
// and returns its path. Everything that is not edited stays, comments too. The
// name is the file's below cmd: "tacit/site.yaml".
func Example(t testing.TB, name string, edits Edits) string {
	t.Helper()
	root, err := moduleRoot()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(root, "cmd", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	if b, err = edit(b, edits); err != nil {
		t.Fatalf("edit %s: %v", name, err)
	}
	path := filepath.Join(t.TempDir(), filepath.Base(name))
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// EditFile changes a configuration file in place.
func EditFile(t testing.TB, path string, edits Edits) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err == nil {
		b, err = edit(b, edits)
	}
	if err == nil {
		err = os.WriteFile(path, b, 0o600)
	}
	if err != nil {
		t.Fatalf("edit: %v", err)
	}
}

// edit changes a YAML file.
func edit(b []byte, edits Edits) ([]byte, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(b, &document); err != nil {
		return nil, err
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, fmt.Errorf("it has no keys")
	}
	for key, value := range edits {
		if err := set(document.Content[0], strings.Split(key, "."), value); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	return yaml.Marshal(&document)
}

// set gives the key at the end of a path below node a value.
func set(node *yaml.Node, path []string, value any) error {
	if node.Kind != yaml.MappingNode {
		return fmt.Errorf("what %s would be below has no keys", path[0])
	}
	var child *yaml.Node
	for i := 0; i < len(node.Content); i += 2 {
		if node.Content[i].Value == path[0] {
			child = node.Content[i+1]
		}
	}
	if child == nil {
		child = &yaml.Node{Kind: yaml.MappingNode}
		node.Content = append(node.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: path[0]}, child)
	}
	if len(path) > 1 {
		return set(child, path[1:], value)
	}
	comment := child.LineComment
	err := child.Encode(value)
	child.LineComment = comment
	return err
}
