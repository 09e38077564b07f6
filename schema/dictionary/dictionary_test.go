package dictionary_test

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tacit-telemetry/tacit/schema/dictionary"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
)

var update = flag.Bool("update", false, "write the dictionary of the example, and the expected differences")

// forms are the ways in which a dictionary is printed, by the file of the example.
func forms(d *dictionary.Dictionary) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{"DICTIONARY.md": d.Markdown, "dictionary.html": d.HTML, "dictionary.csv": d.CSV}
}

func overlay(t *testing.T, base *registry.Registry, files ...registry.File) *registry.Registry {
	t.Helper()
	reg, err := registry.Overlay(base, files...)
	if err != nil {
		t.Fatal(err)
	}
	return reg
}

// TestExample: the dictionary of the example in the repository is what its
// registry says, in whatever order its files are given.
func TestExample(t *testing.T) {
	files := example.Files()
	other := slices.Clone(files)
	slices.Reverse(other)
	again := forms(dictionary.New(overlay(t, nil, other...), dictionary.Config{}))
	for name, write := range forms(dictionary.New(overlay(t, nil, files...), dictionary.Config{})) {
		var got, reversed bytes.Buffer
		if err := write(&got); err != nil {
			t.Fatal(err)
		}
		if err := again[name](&reversed); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), reversed.Bytes()) {
			t.Errorf("%s depends on the order of the files", name)
		}
		golden(t, filepath.Join("..", "registry", "example", name), got.Bytes())
	}
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the registry says now; look, then run with -update", file)
	}
}
