package vectors

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The second implementation: the system's own Python with the system's own
// packages, so that it is the same on every machine and needs no registry.
const (
	python      = "/usr/bin/python3"
	pythonDir   = "../python"
	installHint = "install python3 python3-cryptography python3-nacl python3-zstandard python3-cbor2 with apt-get; make test does"
	writtenFor  = "Python 3.11.2, cryptography 38.0.4, PyNaCl 1.5.0, zstandard 0.20.0, cbor2 5.4.6" // Debian 12's
)

// runPython runs one program of the second implementation and returns what it
// printed, both streams, and whether it succeeded. One that breaks off has judged
// nothing: a library that is too old does that.
func runPython(t *testing.T, args ...string) (string, bool) {
	t.Helper()
	trackPython(t)
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), python, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = pythonDir, &out, &out
	err := cmd.Run()
	said := out.String()
	switch {
	case cmd.ProcessState == nil, strings.Contains(said, "ModuleNotFoundError"):
		t.Fatalf("run the second implementation: %v; %s\n%s", err, installHint, said)
	case strings.Contains(said, "Traceback (most recent call last)"):
		t.Fatalf("the second implementation breaks off, and has judged nothing; it is written for %s, and here is %s\n%s", writtenFor, pythonHas(t), said)
	}
	return said, err == nil
}

// pythonHas names the versions that are installed.
func pythonHas(t *testing.T) string {
	t.Helper()
	const program = `import sys, importlib.metadata as has
print(", ".join(["Python " + sys.version.split()[0]] + [n + " " + has.version(n) for n in ("cryptography", "PyNaCl", "zstandard", "cbor2")]))`
	b, err := exec.CommandContext(t.Context(), python, "-c", program).CombinedOutput()
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(b))
}

// trackPython looks at the programs, so that go test runs again after a change
// of one of them instead of answering from its cache.
func trackPython(t *testing.T) {
	t.Helper()
	programs, err := filepath.Glob(pythonDir + "/*.py")
	if err != nil || len(programs) == 0 {
		t.Fatalf("find the second implementation in %s: %v", pythonDir, err)
	}
	for _, p := range programs {
		if _, err := os.Stat(p); err != nil {
			t.Fatal(err)
		}
	}
}

// vectorFiles are the frozen files.
func vectorFiles(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("*.json")
	if err != nil || len(names) == 0 {
		t.Fatalf("find vectors: %v, %d files", err, len(names))
	}
	return names
}

// The tests of this file are parallel, which also means that they run after the
// others have written the files when those are asked to.

func TestPythonAgreesOnEveryVector(t *testing.T) {
	t.Parallel()
	for _, name := range vectorFiles(t) {
		if _, err := os.Stat(name); err != nil {
			t.Fatal(err)
		}
	}
	out, ok := runPython(t, "vectors.py")
	if !ok || !regexp.MustCompile(`^[1-9]\d* vectors checked\n$`).MatchString(out) {
		t.Errorf("the second implementation does not agree:\n%s", out)
	}
}

func TestPythonStandsOnTheStandards(t *testing.T) {
	t.Parallel()
	out, ok := runPython(t, "vectors.py", "--self")
	if !ok || !regexp.MustCompile(`^[1-9]\d* known answers checked\n$`).MatchString(out) {
		t.Errorf("the second implementation does not agree with the standards:\n%s", out)
	}
}

// TestPythonSeesOneChangedDigit changes one digit of the last bytes of every
// file: an observer that nods at everything observes nothing. What has to be
// refused is left out, because it stays refused.
func TestPythonSeesOneChangedDigit(t *testing.T) {
	t.Parallel()
	digits := regexp.MustCompile(`"[0-9a-f]{8,}"`)
	for _, name := range vectorFiles(t) {
		if name == "refused.json" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := copyVectors(t)
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			at := lastDigit(digits, b)
			b[at] = "123456789abcdef0"[strings.IndexByte("0123456789abcdef", b[at])]
			if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
				t.Fatal(err)
			}
			out, ok := runPython(t, "vectors.py", dir)
			if ok || !strings.HasPrefix(out, "error: "+name+", vector ") {
				t.Errorf("one changed digit in %s, byte %d, is not seen:\n%s", name, at, out)
			}
		})
	}
}

// lastDigit is where the last hexadecimal digit of a file's last bytes stands.
func lastDigit(digits *regexp.Regexp, b []byte) int {
	found := digits.FindAllIndex(b, -1)
	return found[len(found)-1][1] - 2
}

func copyVectors(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(".")); err != nil {
		t.Fatal(err)
	}
	return dir
}
