package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/cmd/internal/messages"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// product writes the sources of a product that logs.
func product(t *testing.T, statements ...string) string {
	t.Helper()
	dir := t.TempDir()
	text := "package main\n\nimport \"log\"\n\nfunc main() {\n" + strings.Join(statements, "\n") + "\n}\n"
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestRegistryTemplates: what is printed takes the place of a registry's
// templates as it is, and what is not listed is named.
func TestRegistryTemplates(t *testing.T) {
	env, out := printing(t)
	named := &bytes.Buffer{}
	env.Err = named
	dir := product(t, `log.Printf("Skipped %s\t(%d): \"%s\" {é}", folder, attempt, err)`, `log.Printf(text)`, `log.Print("Began.")`)
	if err := registryTemplates(env, templatesOptions{Config: messages.Config{Dirs: []string{dir}}}); err != nil {
		t.Fatal(err)
	}
	if want := "main.go:7: not listed: its text is put together at run time"; !strings.HasPrefix(named.String(), want) {
		t.Errorf("stderr has %s, want %s", named, want)
	}
	finder := read(t, filepath.Join(exampleDir, "finder.yaml"))
	from := strings.Index(finder, "    templates:\n")
	to := from + strings.Index(finder[from:], "    labels:\n")
	end := to + strings.Index(finder[to:], "    page: true\n")
	reg, err := registry.Overlay(nil, registry.File{Name: "finder.yaml", Data: []byte(finder[:from] + out.String() + finder[end:])})
	if err != nil {
		t.Fatalf("%v with\n%s", err, out)
	}
	rec, ok := reg.Matcher("finder").Match("2026/11/22 09:49:17 Skipped /home/ann\t(7): \"no\" {é}")
	if !ok || rec.Value.Text != "skipped" {
		t.Errorf("a line of the product: %+v, %v", rec, ok)
	}
}

// TestRegistryTemplatesKnown: what the registry has keeps its ID and its text.
func TestRegistryTemplatesKnown(t *testing.T) {
	env, out := printing(t)
	env.JSON = true
	dir := product(t, `log.Printf("Skipped folder %s: %v for user %q", a, b, c)`, `log.Print("The copy of the index is anew.")`)
	o := templatesOptions{Config: messages.Config{Dirs: []string{dir}}, registry: []string{filepath.Join(exampleDir, "finder.yaml")}}
	if err := registryTemplates(env, o); err != nil {
		t.Fatal(err)
	}
	var got templatesJSON
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Templates) != 2 || got.Templates[0].ID != "folder_skipped" || got.Templates[0].Text != "Skipped folder {folder}: {reason} for user {user}" || len(got.Skipped) != 0 {
		t.Errorf("got %+v", got)
	}
	o.product = "engine"
	if err := registryTemplates(env, o); err == nil || !strings.Contains(err.Error(), `product "engine" is not registered`) {
		t.Errorf("a product of another file: %v", err)
	}
}
