package web

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"text/template/parse"
)

var placeholder = regexp.MustCompile(`\{\d+\}`)

// CheckTranslations is for tests: it says whether all languages have the same
// keys with the same placeholders, whether every key that the templates of
// files (templates/*.html) name with t or count exists, and so every one of
// keys, which are those that code names. The error lists all that is missing.
func CheckTranslations(files fs.FS, keys ...string) error {
	c, err := readCatalogue()
	if err != nil {
		return err
	}
	named, err := keysOf(files)
	if err != nil {
		return err
	}
	var errs []error
	for _, key := range append(named, keys...) {
		if _, ok := c.texts[Languages[0]][key]; !ok {
			errs = append(errs, fmt.Errorf("key %q is named and has no text", key))
		}
	}
	return errors.Join(append(errs, c.compare()...)...)
}

// compare holds every language against the first.
func (c *catalogue) compare() (errs []error) {
	first := c.texts[Languages[0]]
	for _, code := range Languages[1:] {
		for key, text := range first {
			other, ok := c.texts[code][key]
			switch {
			case !ok:
				errs = append(errs, fmt.Errorf("%s.yaml has no %q", code, key))
			case strings.TrimSpace(other) == "" && strings.TrimSpace(text) != "":
				errs = append(errs, fmt.Errorf("%s.yaml has an empty %q", code, key))
			case !slices.Equal(placeholders(text), placeholders(other)):
				errs = append(errs, fmt.Errorf("%s.yaml: %q has other placeholders than %s.yaml", code, key, Languages[0]))
			}
		}
		for key := range c.texts[code] {
			if _, ok := first[key]; !ok {
				errs = append(errs, fmt.Errorf("%s.yaml has %q, which %s.yaml has not", code, key, Languages[0]))
			}
		}
	}
	return errs
}

func placeholders(text string) []string {
	found := placeholder.FindAllString(text, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// keysOf returns the literal keys that the templates name.
func keysOf(files fs.FS) (keys []string, err error) {
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		set, err := template.New(name).Funcs(functions(nil, "")).Parse(string(b))
		if err != nil {
			return nil, err
		}
		for _, t := range set.Templates() {
			if t.Tree != nil {
				keys = walk(t.Tree.Root, keys)
			}
		}
	}
	return keys, nil
}

// walk collects the keys below a node of a template.
func walk(node parse.Node, keys []string) []string {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, child := range n.Nodes {
				keys = walk(child, keys)
			}
		}
	case *parse.ActionNode:
		keys = walk(n.Pipe, keys)
	case *parse.TemplateNode:
		keys = walk(n.Pipe, keys)
	case *parse.IfNode:
		keys = walkBranch(&n.BranchNode, keys)
	case *parse.RangeNode:
		keys = walkBranch(&n.BranchNode, keys)
	case *parse.WithNode:
		keys = walkBranch(&n.BranchNode, keys)
	case *parse.PipeNode:
		if n != nil {
			for _, cmd := range n.Cmds {
				keys = walkCommand(cmd, keys)
			}
		}
	}
	return keys
}

func walkBranch(n *parse.BranchNode, keys []string) []string {
	return walk(n.ElseList, walk(n.List, walk(n.Pipe, keys)))
}

func walkCommand(cmd *parse.CommandNode, keys []string) []string {
	if len(cmd.Args) > 1 {
		name, isName := cmd.Args[0].(*parse.IdentifierNode)
		text, isText := cmd.Args[1].(*parse.StringNode)
		switch {
		case !isName || !isText:
		case name.Ident == "t":
			keys = append(keys, text.Text)
		case name.Ident == "count":
			keys = append(keys, text.Text+".one", text.Text+".other")
		}
	}
	for _, arg := range cmd.Args {
		if pipe, ok := arg.(*parse.PipeNode); ok {
			keys = walk(pipe, keys)
		}
	}
	return keys
}
