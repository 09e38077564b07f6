// Package story plays what people do with Tacit, with the real commands, and
// looks at the outcome from outside: at what is printed, at the disk, at the
// kernel's own tables and at the wire. It shares no code with Tacit.
//
// Some stories need a network or a disk of their own. They run themselves once
// more in namespaces, as root or, where the system lets its users have some, as
// whoever runs the tests.
package story

import (
	"os"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

func TestMain(m *testing.M) {
	for _, name := range []string{"DO_NOT_TRACK", "TACIT_TELEMETRY", "TACIT_DATA", "TZ"} {
		_ = os.Unsetenv(name) // what the user who runs the tests has set is not what is tested
	}
	code := m.Run()
	rig.Cleanup()
	os.Exit(code)
}

// cycle is what `tacit up --once --json` prints.
type cycle struct {
	ID         string `json:"installation_id"`
	Sent       int
	Batches    int
	Replies    int
	BytesSent  int `json:"bytes_sent"`
	DurationMS int `json:"duration_ms"`
	Reason     string
}

// once returns the command for one full cycle on dir.
func once(t *testing.T, dir string, env ...string) rig.Command {
	t.Helper()
	c := rig.Tacit(t, "up", "--once", "--json", "--ports", "0", "--data", dir)
	c.Env = env
	return c
}

// run runs a command of Tacit on dir, which must succeed, and returns what it
// prints.
func run(t *testing.T, dir string, args ...string) string {
	t.Helper()
	r := rig.Tacit(t, append(args, "--data", dir)...).Run(t)
	if r.Code != 0 {
		t.Fatalf("tacit %s: exit %d: %s", strings.Join(args, " "), r.Code, r.Stderr)
	}
	return r.Stdout
}

// checkRefused checks that a command failed as commands of Tacit fail.
func checkRefused(t *testing.T, r rig.Result, code int, texts ...string) {
	t.Helper()
	if r.Code != code {
		t.Errorf("exit %d, want %d", r.Code, code)
	}
	lines := strings.Split(strings.TrimSuffix(r.Stderr, "\n"), "\n")
	if len(lines) != 2 || !strings.HasPrefix(lines[0], "error: ") || !strings.HasPrefix(lines[1], "hint: ") {
		t.Errorf("stderr is not an error and a hint:\n%s", r.Stderr)
	}
	for _, text := range texts {
		if !strings.Contains(r.Stderr, text) {
			t.Errorf("stderr does not say %q:\n%s", text, r.Stderr)
		}
	}
	for _, text := range []string{"panic", "goroutine ", "%!", "<nil>"} {
		if strings.Contains(r.Stdout+r.Stderr, text) {
			t.Errorf("%q in what was printed:\n%s%s", text, r.Stdout, r.Stderr)
		}
	}
}

// write writes a file, which is there for everybody to read.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// deliver offers records until they are accepted, waits until the store has
// them, and returns the installation ID.
func deliver(t *testing.T, dir string, ledger *rig.Ledger) string {
	t.Helper()
	rig.Eventually(t, "records are accepted", func() bool {
		answers, err := ledger.Offer(t.Context(), dir, 1)
		return err == nil && answers[0].Accepted()
	})
	id := rig.ID(t, dir)
	rig.Eventually(t, "what was accepted is stored", func() bool {
		tl, found := rig.Found(t, dir, id)
		return found && len(rig.Missing(tl, ledger.Accepted())) == 0
	})
	return id
}
