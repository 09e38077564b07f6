package story

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// registries is where the registries are that the project ships.
const registries = "../../schema/registry"

// TestShippedRegistries: what is built in and the example have no problem.
func TestShippedRegistries(t *testing.T) {
	t.Parallel()
	example, err := filepath.Glob(filepath.Join(registries, "example", "*.yaml"))
	if err != nil || len(example) != 4 {
		t.Fatalf("the example has %d files, %v", len(example), err)
	}
	for _, files := range [][]string{nil, example} {
		r := rig.Tacit(t, append([]string{"registry", "lint", "--data", rig.Dir(t)}, files...)...).Run(t)
		if r.Code != 0 || r.Stdout != "" || r.Stderr != "" {
			t.Errorf("%d files: exit %d, %s%s", len(files), r.Code, r.Stdout, r.Stderr)
		}
	}
	r := rig.Tacit(t, append([]string{"registry", "show", "--data", rig.Dir(t)}, example...)...).Run(t)
	for _, text := range []string{"registry release 1\n", "\nos.type ", "\nfinder.menu.used ", "\nhttp.server.request.duration ", "\nsurvey.score ", "\nfinder.files ", "journal of finder.service"} {
		if r.Code != 0 || !strings.Contains(r.Stdout, text) {
			t.Errorf("exit %d, and %q is not in what is shown:\n%s%s", r.Code, text, r.Stdout, r.Stderr)
		}
	}
}

// TestEachMistakeIsFound: each file with one mistake gives its line, which no
// other gives.
func TestEachMistakeIsFound(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(registries, "testdata", "mistakes", "*.golden"))
	if err != nil || len(files) < 25 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	dir, lines := rig.Dir(t), map[string]string{}
	for _, file := range files {
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSuffix(filepath.Base(file), ".golden")
		if name == "expires_soon" {
			continue // this depends on the day
		}
		c := rig.Tacit(t, "registry", "lint", name+".yaml", "--data", dir)
		c.Dir = filepath.Dir(file)
		r := c.Run(t)
		checkRefused(t, r, 1, "1 problem")
		if r.Stdout != string(want) {
			t.Errorf("%s: got\n%swant\n%s", name, r.Stdout, want)
		}
		line := strings.TrimPrefix(r.Stdout, name)
		if other, twice := lines[line]; twice {
			t.Errorf("%s and %s give the same line", name, other)
		}
		lines[line] = name
	}
}
