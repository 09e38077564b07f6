package fault

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// dying is a command in a directory of its own, in which a core file may be as
// large as it wants, and Go is told to leave one.
func dying(t *testing.T, script string, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), "/bin/sh", append([]string{"-c", "ulimit -c unlimited; " + script, "sh"}, args...)...)
	c.Dir, c.Env = t.TempDir(), append(os.Environ(), "GOTRACEBACK=crash")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

// left names the files that a dead process left where it ran.
func left(t *testing.T, c *exec.Cmd) string {
	t.Helper()
	_ = c.Wait() // of a signal
	entries, err := os.ReadDir(c.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, ", ")
}

// TestNoCore makes the commands die of signals that leave a core file, where
// everything asks for one. A shell, which does not mind, shows that one would
// be left there.
func TestNoCore(t *testing.T) {
	if left(t, dying(t, `kill -ABRT $$`)) == "" {
		t.Log("core files do not go into the directory on this machine: only the limit is looked at")
	}
	agent := filepath.Join(t.TempDir(), "agent.yaml")
	text := fmt.Sprintf("relays: [nats://127.0.0.1:1]\ncredential: nobody\nvendor_key: %q\n", vendor(t))
	if err := os.WriteFile(agent, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{"tacit": {"up", "--ports", "0"}, "tacit-agent": {"--config", agent}} {
		for _, signal := range []syscall.Signal{syscall.SIGABRT, syscall.SIGQUIT} {
			t.Run(name+" "+signal.String(), func(t *testing.T) {
				t.Parallel()
				data := rig.Dir(t)
				c := dying(t, `exec "$@"`, append(append([]string{rig.Binary(t, name)}, args...), "--data", data)...)
				rig.Eventually(t, "it runs", func() bool {
					status, _, err := rig.API(t.Context(), data, "GET", "/v1/installation", nil)
					return err == nil && status == 200
				})
				limits, err := os.ReadFile(fmt.Sprintf("/proc/%d/limits", c.Process.Pid))
				if err != nil || !noCore(limits) {
					t.Errorf("a core file has no limit: %v\n%s", err, limits)
				}
				if err := c.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				if names := left(t, c); names != "" {
					t.Errorf("it left %s", names)
				}
			})
		}
	}
}

// noCore says whether both limits of core files are 0.
func noCore(limits []byte) bool {
	for line := range bytes.Lines(limits) {
		if rest, ok := bytes.CutPrefix(line, []byte("Max core file size")); ok {
			words := bytes.Fields(rest)
			return len(words) >= 2 && string(words[0]) == "0" && string(words[1]) == "0"
		}
	}
	return false
}

func vendor(t *testing.T) string {
	t.Helper()
	key, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(key)
}
