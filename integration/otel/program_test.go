package otel

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// report runs a program to its end. It must succeed, and its SDK must have
// nothing to say.
func report(t *testing.T, program rig.Command, endpoint string, env ...string) {
	t.Helper()
	program.Env = append(env, "OTEL_EXPORTER_OTLP_ENDPOINT="+endpoint)
	if r := program.Run(t); r.Code != 0 || r.Stdout+r.Stderr != "" {
		t.Errorf("%s: exit %d, and says:\n%s%s", filepath.Base(program.Path), r.Code, r.Stdout, r.Stderr)
	}
}

// goProgram builds the program with the SDK of Go.
func goProgram(t *testing.T) rig.Command {
	t.Helper()
	path := filepath.Join(t.TempDir(), "engine")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".")
	c.Dir = "golang"
	c.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build the program with the SDK of Go: %v\n%s", err, text)
	}
	return rig.Command{Path: path}
}

// jsProgram installs what the program with the SDK of JavaScript needs, unless
// that very lock was installed already.
func jsProgram(t *testing.T) rig.Command {
	t.Helper()
	node, err := exec.LookPath("node")
	if err != nil {
		t.Fatal("node is not installed: sh integration/needs.sh installs what the tests need, or apt-get install nodejs npm")
	}
	lock, err := os.ReadFile(filepath.Join("js", "package-lock.json"))
	if err != nil {
		t.Fatal(err)
	}
	stamp := filepath.Join("js", "node_modules", ".installed-lock.json")
	if installed, err := os.ReadFile(stamp); err != nil || !bytes.Equal(installed, lock) {
		c := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress")
		c.Dir = "js"
		if text, err := c.CombinedOutput(); err != nil {
			t.Fatalf("npm ci: %v\n%s\nhint: apt-get install nodejs npm, and let npm reach its registry", err, text)
		}
		if err := os.WriteFile(stamp, lock, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return rig.Command{Path: node, Args: []string{"report.mjs"}, Dir: "js"}
}
