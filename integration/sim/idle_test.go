package sim_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// badger is the module of the store's database.
const badger = "github.com/dgraph-io/badger/v4"

// An idle database looks for tables to merge 20 times a second with each of its
// workers, which is a fifth of what a seed takes: a day of the bubble's time
// passes in seconds. In the simulation it looks every second.
const (
	looksOften  = "time.NewTicker(50 * time.Millisecond)"
	looksSeldom = "time.NewTicker(time.Second)"
)

// calmModules writes a go.mod beside which the database lies, changed so, and
// returns where it is. A module's own files cannot be overlaid.
func calmModules(t *testing.T, root, dir string) string {
	t.Helper()
	copied := filepath.Join(dir, "badger")
	if err := os.CopyFS(copied, os.DirFS(run(t, "go", "list", "-m", "-f", "{{.Dir}}", badger))); err != nil {
		t.Fatal(err)
	}
	calm(t, filepath.Join(copied, "levels.go"))
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(read(t, filepath.Join(root, name))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	modules := filepath.Join(dir, "go.mod")
	run(t, "go", "mod", "edit", "-replace", badger+"="+copied, modules)
	return modules
}

func calm(t *testing.T, path string) {
	t.Helper()
	text := read(t, path)
	if strings.Count(text, looksOften) != 1 {
		t.Fatalf("levels.go of %s holds %q %d times, want once: tell idle_test.go what stands there now", badger, looksOften, strings.Count(text, looksOften))
	}
	if err := os.Remove(path); err != nil { // it is read only, as the module is
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(text, looksOften, looksSeldom, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// run returns what a command prints.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return strings.TrimSpace(string(out))
}
