package attack

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// incidents is where ARCHITECTURE.md begins to say which tests would see which
// kind of incident.
const incidents = "## What went wrong elsewhere\n"

var (
	testsOfPackage = regexp.MustCompile("`([a-z/]+)` (Test\\w+(?:, Test\\w+)*)")
	declaredTest   = regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
)

// TestIncidentsAreTested checks that each line of the table names tests, and that
// there are such.
func TestIncidentsAreTested(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	b, err := os.ReadFile(filepath.Join(root, "ARCHITECTURE.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(b), incidents)
	table, _, _ = strings.Cut(table, "\n## ")
	rows := 0
	for line := range strings.Lines(table) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| incident ") {
			continue
		}
		rows++
		named := testsOfPackage.FindAllStringSubmatch(line, -1)
		if len(named) == 0 {
			t.Errorf("no test is named in %s", line)
		}
		for _, of := range named {
			for name := range strings.SplitSeq(of[2], ", ") {
				if !declares(t, filepath.Join(root, of[1]), name) {
					t.Errorf("%s has no %s", of[1], name)
				}
			}
		}
	}
	if rows < 12 {
		t.Errorf("%d kinds of incidents are not all", rows)
	}
}

// declares says whether a package has a test.
func declares(t *testing.T, dir, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range declaredTest.FindAllSubmatch(b, -1) {
			if string(declared[1]) == name {
				return true
			}
		}
	}
	return false
}
