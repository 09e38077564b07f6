package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

// exampleFiles writes the files of the example as a release, and returns their
// names.
func exampleFiles(t *testing.T, release int) (names []string) {
	t.Helper()
	dir := t.TempDir()
	for _, f := range example.Files() {
		name := filepath.Join(dir, f.Name)
		data := bytes.Replace(f.Data, []byte("\nrelease: 1\n"), []byte("\nrelease: "+strconv.Itoa(release)+"\n"), 1)
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// list writes names as a configuration does.
func list(names ...string) string { return "[" + strings.Join(names, ", ") + "]" }

// TestRegistriesOfConfigurations: what checks a configuration reads the registries
// that it names, and says which they are or what is wrong with them.
func TestRegistriesOfConfigurations(t *testing.T) {
	first, second := exampleFiles(t, 1), exampleFiles(t, 2)
	stored := strings.Replace(goodStore, "KEYS", t.TempDir(), 1) + "data: " + t.TempDir() + "\n"
	for name, c := range map[string]struct {
		check func(*cli.Env, string) (config.Report, error)
		text  string
		notes []string // parts of notes; none: an error
		want  string   // in it
	}{
		"a site": {checkRelay, goodSite + "registry: " + list(second...) + "\n", []string{"registry release 2, of " + strings.Join(second, " ")}, ""},
		"a store": {checkStore, stored + "registries: " + list(list(first...), list(second...)) + "\n",
			[]string{"registry release 1, of " + strings.Join(first, " "), "registry release 2, of " + strings.Join(second, " ")}, ""},
		"an edge":           {checkRelay, goodEdge + "registry: " + first[0] + "\n", nil, "registry is there, and no site"},
		"one release twice": {checkStore, stored + "registries: " + list(list(first...), first[0]) + "\n", nil, "release 1 twice"},
		"of two releases":   {checkStore, stored + "registries: " + list(list(first[0], second[1])) + "\n", nil, "release 2, but"},
		"no file":           {checkStore, stored + "registries: " + list(filepath.Join(t.TempDir(), "none")) + "\n", nil, "read registry"},
		"no registry":       {checkRelay, goodSite + "registry: site.yaml\n", nil, "site.yaml:"},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := c.check(new(cli.Env), writeConfig(t, c.text))
			if c.notes == nil {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range c.notes {
				if !slices.ContainsFunc(r.Notes, func(note string) bool { return strings.HasPrefix(note, want) }) {
					t.Errorf("%q is not in the notes %q", want, r.Notes)
				}
			}
		})
	}
}

// TestABadRegistryOpensNothing: it is told before anything is made or opened.
func TestABadRegistryOpensNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TACIT_DATA", filepath.Join(dir, "data"))
	wrong := filepath.Join(t.TempDir(), "wrong.yaml")
	if err := os.WriteFile(wrong, []byte("release: 1\nteapot: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	stored := strings.Replace(goodStore, "KEYS", filepath.Join(dir, "keys"), 1)
	var env cli.Env
	for name, err := range map[string]error{
		"up":    up(t.Context(), &env, upOptions{registries: []string{wrong}}),
		"store": runStore(t.Context(), &env, daemonOptions{config: writeConfig(t, stored+"registries: "+list(wrong)+"\n")}),
		"relay": runRelay(t.Context(), &env, daemonOptions{config: writeConfig(t, goodSite+"registry: "+wrong+"\n")}),
	} {
		hinted, ok := errors.AsType[*cli.Hinted](err)
		if !ok || !strings.Contains(err.Error(), wrong+":2:1: ") || !strings.Contains(hinted.Hint, "tacit registry lint "+wrong) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("it made %v, %v", entries, err)
	}
}

// TestKeptRegistries: a store goes on knowing what it was given, and refuses
// another registry of that release, which a check of its configuration tells before.
func TestKeptRegistries(t *testing.T) {
	data := datadir.Dir(t.TempDir())
	if err := os.MkdirAll(data.Store(), 0o700); err != nil {
		t.Fatal(err)
	}
	stored := strings.Replace(goodStore, "KEYS", t.TempDir(), 1) + "data: " + string(data) + "\n"
	files := example.Files()
	for _, f := range [][]registry.File{files, nil} {
		reg, err := registry.Overlay(nil, f...)
		if err != nil {
			t.Fatal(err)
		}
		set, err := keepRegistries(data.Store(), release{reg, f})
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := set.For(1).Metric("finder.menu.used"); !ok {
			t.Error("it does not know what it was given")
		}
	}
	if _, err := checkStore(new(cli.Env), writeConfig(t, stored+"registries: "+list(list(exampleFiles(t, 1)...))+"\n")); err != nil {
		t.Error(err)
	}
	another, err := registry.Overlay(nil, files[0])
	if err != nil {
		t.Fatal(err)
	}
	_, kept := keepRegistries(data.Store(), release{another, files[:1]})
	_, checked := checkStore(new(cli.Env), writeConfig(t, stored+"registries: "+list(exampleFiles(t, 1)[0])+"\n"))
	for _, err := range []error{kept, checked} {
		hinted, ok := errors.AsType[*cli.Hinted](err)
		if !ok || !strings.Contains(err.Error(), "release 1") || !strings.Contains(hinted.Hint, "count the release up") {
			t.Errorf("got %v", err)
		}
	}
}
