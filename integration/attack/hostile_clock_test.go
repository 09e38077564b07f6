package attack

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// aheadVariable moves the clock of the store that aheadStore builds.
const aheadVariable = "TACIT_TEST_AHEAD"

// The one line of the store's command that aheadStore changes, and what it then
// calls.
const (
	clockless = "RetentionDays: d.settings.RetentionDays, Logger: d.logger,\n"
	withClock = "RetentionDays: d.settings.RetentionDays, Logger: d.logger, Now: ahead,\n"
	ahead     = `package main

import (
	"os"
	"time"
)

func ahead() time.Time {
	d, err := time.ParseDuration(os.Getenv("` + aheadVariable + `"))
	if err != nil {
		panic(err)
	}
	return time.Now().Add(d)
}
`
)

// aheadStore builds the command tacit with a store whose clock can be ahead: no
// test can wait for days. All else is the product as it is.
func aheadStore(t testing.TB) (path string) {
	t.Helper()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(root, "cmd", "tacit", "store.go")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), clockless, withClock, 1)
	if changed == string(text) {
		t.Fatalf("%s has no line %q: change what this test replaces", file, clockless)
	}
	dir := t.TempDir()
	replace := map[string]string{}
	for name, text := range map[string]string{"store.go": changed, "ahead.go": ahead} {
		replace[filepath.Join(root, "cmd", "tacit", name)] = filepath.Join(dir, name)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "overlay.json"), overlay, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "tacit")
	c := exec.CommandContext(t.Context(), "go", "build", "-trimpath", "-ldflags", "-s -w", "-overlay", filepath.Join(dir, "overlay.json"), "-o", path, "./cmd/tacit")
	c.Dir, c.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("build a store whose clock is ahead: %v: %s", err, out)
	}
	return path
}
