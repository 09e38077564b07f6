package messages

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/registry/template"
)

var update = flag.Bool("update", false, "write the golden files")

// app is a product that logs in every way.
var app = filepath.Join("testdata", "app")

// listed returns what is listed, as text.
func listed(t *testing.T, c Config) string {
	t.Helper()
	lines, skipped, err := List(c)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%s: %s (%s)\n", l.ID, l.Text, l.Place)
	}
	for _, s := range skipped {
		fmt.Fprintf(&b, "%s: not listed: %s\n", s.Place, s.Why)
	}
	return b.String()
}

func TestList(t *testing.T) {
	for file, c := range map[string]Config{
		"app.txt":    {Dirs: []string{app}},
		"errors.txt": {Dirs: []string{app}, Errors: true},
		"known.txt": {Dirs: []string{app}, Known: []Line{
			{ID: "copied", Text: "Copied {done} of {files} files to {place} in {took}"},
			{ID: "gone", Text: "Renewed the {what}"},
			{ID: "started_5_3_of_the_product", Text: "Started anew"},
			{ID: "opened", Text: "Could not open {path}: permission denied for {user}"},
		}},
	} {
		got := listed(t, c)
		file = filepath.Join("testdata", file)
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s: got\n%s", file, got)
		}
	}
}

// TestListIsWhole: what is listed can be pasted: each text is a template, no two
// fit one line, and each ID is there once; and a second listing changes nothing.
func TestListIsWhole(t *testing.T) {
	lines, _, err := List(Config{Dirs: []string{app}, Errors: true})
	if err != nil || len(lines) < 15 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	var all []*template.Template
	for i, l := range lines {
		parsed, err := template.Parse(l.Text, nil)
		if err != nil {
			t.Errorf("%q: %v", l.Text, err)
			continue
		}
		if slices.ContainsFunc(all, func(o *template.Template) bool { return template.Overlap(o, parsed) }) {
			t.Errorf("%q fits lines of another", l.Text)
		}
		if i > 0 && lines[i-1].ID >= l.ID {
			t.Errorf("%s stands behind %s", l.ID, lines[i-1].ID)
		}
		all = append(all, parsed)
	}
	again, _, err := List(Config{Dirs: []string{app}, Errors: true, Known: lines})
	if err != nil || !slices.Equal(again, lines) {
		t.Errorf("a second listing: %v, %v", again, err)
	}
}

func TestUnreadable(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package a\nfunc {"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{dir: "a.go:2:6", filepath.Join(dir, "none"): "none"} {
		if _, _, err := List(Config{Dirs: []string{dir}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

func TestSnake(t *testing.T) {
	for in, want := range map[string]string{"docCount": "doc_count", "HTTPPort": "http_port", "userID": "user_id", "a.b-c": "a.b_c", "_x": "x", "9": "", "é": "", "n2": "n2"} {
		if got := snake(in); got != want {
			t.Errorf("%s becomes %s, want %s", in, got, want)
		}
	}
}
