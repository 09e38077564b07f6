// Package messages lists the messages that the Go code of a product logs, as
// templates for its registry.
//
// A message is what a call of package log or log/slog says, of a method named as
// theirs, or as those of other loggers: Infof, Warnw, Msgf. It is read from the
// syntax alone, without types, so that sources need not compile. What stands in
// vendor and testdata, tests, and what only errors say is left out, the latter
// unless it is asked for.
//
// Format verbs and other operands become placeholders, named after what is
// filled in; the keys of attributes become fields behind the message. Nothing is
// guessed: a call whose message is put together at run time is named, with its
// place.
package messages

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Config says what to list.
type Config struct {
	Dirs   []string // whose Go files, those below them included
	Errors bool     // what fmt.Errorf and errors.New say, too: where errors are logged alone
	Known  []Line   // those of the registry: they keep ID and text, and go before others
}

// Line is one message, as a template.
type Line struct {
	ID    string `json:"id"`
	Text  string `json:"text"`
	Place string `json:"place"` // of the first call, as file:line
}

// Skipped is a call that is not listed, and why.
type Skipped struct {
	Place string `json:"place"`
	Why   string `json:"why"`
}

// List returns the templates of all messages, sorted by ID, and the calls that
// have none, in their order. The error says which file could not be read.
func List(c Config) ([]Line, []Skipped, error) {
	s := &source{errors: c.Errors, files: token.NewFileSet()}
	for _, dir := range c.Dirs {
		if err := s.walk(dir); err != nil {
			return nil, nil, fmt.Errorf("list messages: %w", err)
		}
	}
	lines := choose(c.Known, s.found, s.skip)
	return lines, s.skipped, nil
}

// source is what was read so far.
type source struct {
	errors  bool
	files   *token.FileSet
	found   []message
	skipped []Skipped
}

// message is one call's, with a placeholder for each operand, and the keys of its
// attributes.
type message struct {
	text  string
	keys  []string
	place string
}

func (s *source) skip(place, format string, values ...any) {
	s.skipped = append(s.skipped, Skipped{place, fmt.Sprintf(format, values...)})
}

// walk reads a directory and those below it.
func (s *source) walk(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case path != dir && isApart(d.Name()):
			return fs.SkipDir
		}
		return s.folder(dir, path)
	})
}

// isApart says whether a directory has none of the product's own code.
func isApart(name string) bool {
	return name == "vendor" || name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// folder reads the Go files of one directory, whose constants they share.
func (s *source) folder(root, dir string) error {
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return err
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		shown, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		f, err := parser.ParseFile(s.files, filepath.ToSlash(shown), text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	r := &reader{source: s, constants: constants(files)}
	for _, f := range files {
		r.imports = imports(f)
		ast.Inspect(f, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				r.call(call)
			}
			return true
		})
	}
	return nil
}

// place returns where something stands, as file:line.
func (s *source) place(at token.Pos) string {
	p := s.files.Position(at)
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}
