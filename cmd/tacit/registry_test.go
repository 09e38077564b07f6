package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// exampleDir has the registry of two products, and its dictionary.
var exampleDir = filepath.Join("..", "..", "schema", "registry", "example")

// printing returns what commands print to, where no agent runs.
func printing(t *testing.T) (*cli.Env, *bytes.Buffer) {
	t.Helper()
	t.Setenv("TACIT_DATA", t.TempDir())
	out := &bytes.Buffer{}
	return &cli.Env{Out: out}, out
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestRegistryDocs: the command prints the files that are in the repository.
func TestRegistryDocs(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(exampleDir, "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for format, file := range map[string]string{"markdown": "DICTIONARY.md", "html": "dictionary.html", "csv": "dictionary.csv"} {
		env, out := printing(t)
		if err := registryDocs(env, format, files); err != nil {
			t.Fatal(err)
		}
		if out.String() != read(t, filepath.Join(exampleDir, file)) {
			t.Errorf("docs --format %s does not print %s", format, file)
		}
	}
	env, out := printing(t)
	env.JSON = true
	if err := registryDocs(env, formatMarkdown, nil); err != nil || !json.Valid(out.Bytes()) || !strings.Contains(out.String(), `"name": "os.type"`) {
		t.Errorf("docs --json prints %.200s, %v", out, err)
	}
}

// copied copies the example into a directory of its own, with replacements.
func copied(t *testing.T, replace ...string) string {
	t.Helper()
	dir := t.TempDir()
	files, _ := filepath.Glob(filepath.Join(exampleDir, "*.yaml"))
	for _, f := range files {
		text := strings.NewReplacer(replace...).Replace(read(t, f))
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestRegistryDiff(t *testing.T) {
	longer := []string{"[on_premises, hosted]", "[on_premises, hosted, mixed]"}
	counted := slices.Concat(longer, []string{"\nrelease: 1\n", "\nrelease: 2\n"})
	for name, c := range map[string]struct {
		older, newer string
		want         []string
	}{
		"the same":    {exampleDir, exampleDir, []string{"release 1 to release 1: nothing else is collected\n"}},
		"counted":     {exampleDir, copied(t, counted...), []string{"release 1 to release 2: 2 changes; ask people again about 2, give a new name to 0\nmetric engine.deployment: may also be: mixed; people must be asked again\n"}},
		"not counted": {exampleDir, copied(t, longer...), []string{"3 changes", "\nregistry: it has changed, but release 1 does not follow release 1"}},
		"base":        {"base", exampleDir, []string{"\nproduct engine: reports as well; people must be asked again\n", "\nmetric survey.score: is new"}},
		"a file":      {filepath.Join(exampleDir, "engine.yaml"), exampleDir, []string{"\nmetric finder.log: is new"}},
	} {
		t.Run(name, func(t *testing.T) {
			env, out := printing(t)
			if err := registryDiff(env, c.older, c.newer); err != nil {
				t.Fatal(err)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it lacks %q:\n%s", want, out)
				}
			}
			if name == "base" && strings.Contains(out.String(), "count the release up") {
				t.Error("the base is counted by somebody else")
			}
		})
	}
}

func TestRegistryDiffJSON(t *testing.T) {
	for newer, want := range map[string]int{exampleDir: 0, copied(t, "\nrelease: 1\n", "\nrelease: 2\n", "[on_premises, hosted]", "[hosted]"): 2} {
		env, out := printing(t)
		env.JSON = true
		var got struct {
			From, To int
			Changes  []struct {
				Of, What string
				AskAgain *bool `json:"ask_again"`
				NewName  *bool `json:"new_name"`
			}
		}
		if err := registryDiff(env, exampleDir, newer); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(out.Bytes(), &got); err != nil || got.From != 1 || len(got.Changes) != want || got.Changes == nil {
			t.Errorf("%v: %s", err, out)
		}
		for _, c := range got.Changes {
			if c.Of == "" || c.What == "" || c.AskAgain == nil || *c.AskAgain || c.NewName == nil {
				t.Errorf("change %+v", c)
			}
		}
	}
}

// TestRegistrySides: what is no registry is said so, with a way out.
func TestRegistrySides(t *testing.T) {
	for name, c := range map[string]struct{ side, want string }{
		"nothing":         {filepath.Join(t.TempDir(), "none"), "read registry"},
		"empty directory": {t.TempDir(), "has no file of a registry"},
		"no registry":     {copied(t, "owner: finder-team@example.com", "owner: \"\""), "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			env, _ := printing(t)
			err := registryDiff(env, "base", c.side)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}
