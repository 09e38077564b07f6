package registries

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// file returns a registry file of one product and metric.
func file(release int, name string) registry.File {
	return registry.File{Name: name + ".yaml", Data: fmt.Appendf(nil, `release: %d
base: [{release: 1, from: 1}]
products: [{name: %[2]s, modules: [example.com/%[2]s]}]
metrics:
  - name: %[2]s.used
    description: Of the tests.
    category: feature_usage
    programme: ceip
    level: standard
    type: counter
    unit: "{use}"
    treatment: keep
    rollups: [{facets: [service.version, os.type]}]
    page: true
    owner: role of the tests
    purpose: To test.
    review: https://example.com/reviews/1
    since: 1
    expires: never
`, release, name)}
}

// knows returns which of the releases 1 to 3 a set knows, and which of the tests'
// metrics the newest has.
func knows(s *registry.Set) (releases []schema.Release, metrics []string) {
	for n := schema.Release(1); n <= 3; n++ {
		if s.For(n).Release == n {
			releases = append(releases, n)
		}
	}
	for _, name := range []string{"engine.used", "finder.used"} {
		if _, ok := s.Newest().Metric(name); ok {
			metrics = append(metrics, name)
		}
	}
	return releases, metrics
}

func keep(t *testing.T, dir string, files ...registry.File) {
	t.Helper()
	if err := Keep(dir, files...); err != nil {
		t.Fatal(err)
	}
}

func TestKeep(t *testing.T) {
	dir := t.TempDir()
	check := func(releases []schema.Release, metrics ...string) {
		t.Helper()
		s, err := Read(dir)
		if err != nil {
			t.Fatal(err)
		}
		if r, m := knows(s); !slices.Equal(r, releases) || !slices.Equal(m, metrics) {
			t.Errorf("it knows releases %d and metrics %s, want %d and %s", r, m, releases, metrics)
		}
	}
	check([]schema.Release{registry.Base().Release})
	keep(t, dir)
	check([]schema.Release{registry.Base().Release})
	keep(t, dir, file(3, "finder"), file(3, "engine"))
	check([]schema.Release{3}, "engine.used", "finder.used")
	keep(t, dir, file(2, "finder"))
	check([]schema.Release{2, 3}, "engine.used", "finder.used")
	keep(t, dir, file(3, "engine"), registry.File{Name: "another name", Data: file(3, "finder").Data})
	check([]schema.Release{2, 3}, "engine.used", "finder.used")
}

func TestChanged(t *testing.T) {
	dir := t.TempDir()
	keep(t, dir, file(2, "finder"))
	for name, files := range map[string][]registry.File{
		"another": {file(2, "engine")}, "one more": {file(2, "finder"), file(2, "engine")},
	} {
		for _, err := range []error{Check(dir, files...), Keep(dir, files...)} {
			if !errors.Is(err, ErrChanged) || !strings.Contains(err.Error(), "release 2") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for _, files := range [][]registry.File{{file(2, "finder")}, {file(3, "engine")}, nil} {
		if err := Check(dir, files...); err != nil {
			t.Error(err)
		}
	}
	s, err := Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, metrics := knows(s); !slices.Equal(metrics, []string{"finder.used"}) {
		t.Errorf("a refused registry is known: %s", metrics)
	}
}

// TestKeepsNoMistake: what is not a registry is refused before anything is
// written.
func TestKeepsNoMistake(t *testing.T) {
	dir := t.TempDir()
	bad := file(2, "finder")
	bad.Data = []byte(strings.Replace(string(bad.Data), "type: counter", "type: teapot", 1))
	problems, ok := errors.AsType[registry.Problems](Keep(dir, bad))
	if !ok || len(problems) == 0 || problems[0].File != bad.Name || problems[0].Line == 0 {
		t.Errorf("got %v", problems)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 0 {
		t.Errorf("it wrote %v, %v", entries, err)
	}
}

// stranger is what nobody kept here.
const stranger = "833340064"

// TestDamage: what was kept and cannot be read is named, and left out never. What
// a crash left of a release that was not kept is none.
func TestDamage(t *testing.T) {
	for name, c := range map[string]struct {
		harm func(root string) error
		want string // in the error, or ""
	}{
		"a leftover": {func(root string) error { return os.MkdirAll(filepath.Join(root, ".new-1"), durable.OwnerDir) }, ""},
		"garbage": {func(root string) error {
			return os.WriteFile(filepath.Join(root, "2", "1.yaml"), []byte("\x00"), durable.OwnerFile)
		}, filepath.Join("2", "1.yaml")},
		"a stranger's words": {func(root string) error {
			return os.WriteFile(filepath.Join(root, "2", "1.yaml"), []byte("release: 2\n"+stranger+": 1\n"), durable.OwnerFile)
		}, filepath.Join("2", "1.yaml") + ":"},
		"files gone":  {func(root string) error { return os.Remove(filepath.Join(root, "2", "1.yaml")) }, durable.ErrDamaged.Error()},
		"another one": {func(root string) error { return os.Rename(filepath.Join(root, "2"), filepath.Join(root, "1")) }, durable.ErrDamaged.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			keep(t, dir, file(2, "finder"))
			if err := c.harm(filepath.Join(dir, dirName)); err != nil {
				t.Fatal(err)
			}
			s, err := Read(dir)
			switch {
			case c.want == "" && err != nil:
				t.Error(err)
			case c.want == "":
				if releases, _ := knows(s); !slices.Equal(releases, []schema.Release{2}) {
					t.Errorf("it knows releases %d", releases)
				}
			case err != nil && strings.Contains(err.Error(), stranger):
				t.Errorf("%v repeats what stands in the file", err)
			case err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "release"):
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
