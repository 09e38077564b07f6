package sim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// buildDir holds the simulation's binary as long as the tests run.
var buildDir string

// TestMain makes room for the simulation's binary.
func TestMain(m *testing.M) { os.Exit(withBuildDir(m)) }

func withBuildDir(m *testing.M) int {
	var err error
	if buildDir, err = os.MkdirTemp("", "tacit-sim-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(buildDir)
	return m.Run()
}

const module = "github.com/tacit-telemetry/tacit"

// A change is one line of the product that leads to the simulation instead. All
// else is the product as it is.
type change struct {
	dir      string // whose files hold it, once
	old, new string
	imports  string // of the simulation; none if empty
}

// changes are where connections begin, and the spool's volume; and memory, which
// is given back after each round: an eighth of what a seed took. The database's
// own change is in idle_test.go.
var changes = []change{
	{"internal/certificate", "d.Dialer.DialContext(ctx, network, address)", "simnet.Dial(ctx, network, address)", "simnet"},
	{"relay/door", "new(net.ListenConfig).Listen(", "simnet.Listen(", "simnet"},
	{"internal/datadir", `net.Listen("unix", path)`, `simnet.Listen(context.Background(), "unix", path)`, "simnet"},
	{"agent", "spool.Config{Dir: filepath.Join(dir, spoolDir),", "spool.Config{Dir: filepath.Join(dir, spoolDir), Disk: simdisk.Disk(dir),", "simdisk"},
	{"internal/process", "\truntime.GC()\n\tdebug.FreeOSMemory()\n\tunmapFiles()\n", "\t_, _, _ = runtime.GC, debug.FreeOSMemory, unmapFiles\n", ""},
}

// randomOf are the folders whose random moments come from the seed.
var randomOf = []string{"agent", "relay"}

var (
	importsBegin = regexp.MustCompile(`(?m)^import \($`)
	randomImport = regexp.MustCompile(`(?m)^\t"math/rand/v2"$`)
)

// buildSimulation builds this very test with the changes, in dir, and returns
// where it is.
func buildSimulation(t *testing.T, dir string) string {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, c := range changes {
		c.apply(t, root, texts)
	}
	for _, dir := range randomOf {
		seedRandom(t, root, dir, texts)
	}
	texts["integration/sim/inside_test.go"] = "package sim_test\n\nconst inside = true\n"
	overlay := map[string]string{}
	for name, text := range texts {
		path := filepath.Join(dir, fmt.Sprintf("%d.go", len(overlay)))
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		overlay[filepath.Join(root, name)] = path
	}
	b, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	list, binary := filepath.Join(dir, "overlay.json"), filepath.Join(dir, "sim.test")
	if err := os.WriteFile(list, b, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"test", "-c", "-overlay", list, "-modfile", calmModules(t, root, dir), "-o", binary}
	if raced {
		args = append(args, "-race")
	}
	build := exec.CommandContext(t.Context(), "go", append(args, ".")...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the simulation: %v\n%s", err, out)
	}
	return binary
}

// apply adds the file that holds the line, changed, to texts.
func (c change) apply(t *testing.T, root string, texts map[string]string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, c.dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, path := range files {
		text := read(t, path)
		if strings.HasSuffix(path, "_test.go") || !strings.Contains(text, c.old) {
			continue
		}
		found += strings.Count(text, c.old)
		texts[filepath.Join(c.dir, filepath.Base(path))] = addImport(strings.Replace(text, c.old, c.new, 1), c.imports)
	}
	if found != 1 {
		t.Fatalf("%s holds %q %d times, want once: tell changes in overlay_test.go what stands there now", c.dir, c.old, found)
	}
}

func addImport(text, name string) string {
	if name == "" {
		return text
	}
	at := importsBegin.FindStringIndex(text)
	return fmt.Sprintf("%s\n\t%q\n%s", text[:at[1]], module+"/integration/sim/"+name, text[at[1]:])
}

// seedRandom changes every file below dir that takes random moments.
func seedRandom(t *testing.T, root, dir string, texts map[string]string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		text, ok := texts[name]
		if !ok {
			text = read(t, path)
		}
		if randomImport.MatchString(text) {
			texts[name] = randomImport.ReplaceAllString(text, "\trand \""+module+"/integration/sim/simrand\"")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
