package story

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// varies is what differs from host to host and from run to run.
var varies = regexp.MustCompile(`[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{3,4}){6}|[0-9][0-9.,]*`)

// TestReadmeShowsWhatIsPrinted runs the first command of the README as `make
// run` does and compares what it prints with what the README says it does.
func TestReadmeShowsWhatIsPrinted(t *testing.T) {
	shown := readmeOutput(t, "$ make run\n")
	here := rig.Dir(t)
	if err := os.Mkdir(filepath.Join(here, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(rig.Binary(t, "tacit"), filepath.Join(here, "bin", "tacit")); err != nil {
		t.Fatal(err)
	}
	p := rig.Command{Path: "./bin/tacit", Dir: here, Args: []string{"up", "--data", "./.tacit"}}.Start(t, here)
	p.WaitFor(t, "on undoes it")
	// The number of letters around numbers stays; a bucket of memory does not.
	want, got := strings.Split(same(shown), "\n"), strings.Split(same(p.Text()), "\n")
	if len(got) > 13 {
		t.Errorf("%d lines, at most twelve", len(got)-1)
	}
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Fatalf("line %d differs: the README shows\n%s\nand the command prints\n%s", i+1, shown, p.Text())
		}
	}
}

// TestReadmeNamesEveryCommand holds the list of commands.
func TestReadmeNamesEveryCommand(t *testing.T) {
	readme := read(t, "../../README.md")
	help := rig.Tacit(t, "--help").Run(t).Stdout
	_, list, _ := strings.Cut(help, "Available Commands:\n")
	list, _, _ = strings.Cut(list, "\n\n")
	for line := range strings.Lines(list) {
		name := strings.Fields(line)[0]
		if name == "help" || name == "completion" || name == "on" {
			continue // cobra's own; on stands beside off
		}
		if !strings.Contains(readme, "tacit "+name) {
			t.Errorf("the README does not name tacit %s", name)
		}
	}
}

// readmeOutput returns what the README shows after a command.
func readmeOutput(t *testing.T, command string) string {
	t.Helper()
	_, after, ok := strings.Cut(read(t, "../../README.md"), command)
	shown, _, closed := strings.Cut(after, "```")
	if !ok || !closed {
		t.Fatalf("the README has no block with %q", command)
	}
	return shown
}

func same(s string) string { return varies.ReplaceAllString(s, "N") }

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
