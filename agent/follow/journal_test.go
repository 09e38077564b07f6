//go:build linux

package follow

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// entries are as journalctl writes them.
const entries = `{"__CURSOR":"s=1","MESSAGE":"plain \"quoted\""}
{"MESSAGE":"two\nlines\n"}
{"MESSAGE":[98,105,110,255]}
{"MESSAGE":null}
{"MESSAGE":["several","of","them"]}
{"PRIORITY":"6"}
not JSON
`

// fake writes a command that logs its arguments, prints the entries and waits
// as journalctl does, or ends.
func fake(t *testing.T, waits bool) (command, calls string) {
	t.Helper()
	dir := t.TempDir()
	command, calls = filepath.Join(dir, "journalctl"), filepath.Join(dir, "calls")
	script := "#!/bin/sh\necho \"$@\" >>" + calls + "\ncat <<'EOF'\n" + entries +
		`{"MESSAGE":"` + strings.Repeat("x", 2*maxEntry) + "\"}\n{\"MESSAGE\":\"last\"}\nEOF\n"
	if waits {
		script += "exec sleep 1000\n"
	}
	if err := os.WriteFile(command, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return command, calls
}

func ofUnit(tap *tap, shelf *shelf, command string) Config {
	return Config{
		Logs:    []registry.Log{{Name: "a", Product: "acme", Unit: "acme.service", Metric: "acme.log"}},
		Treater: tap, Take: shelf.take, Poll: 5 * time.Millisecond, Window: 5 * time.Millisecond, Journal: command,
		PerLog: Rate{1 << 40, 1 << 40}, InAll: Rate{1 << 40, 1 << 40},
	}
}

// TestJournal: messages become lines, from now on and of that unit alone; what is
// too long is counted.
func TestJournal(t *testing.T) {
	command, calls := fake(t, true)
	tap, shelf := new(tap), new(shelf)
	end := run(t, ofUnit(tap, shelf, command))
	eventually(t, "the last entry is read", func() bool { return len(tap.seen()) == 5 })
	eventually(t, "what was left out is counted", func() bool { return skipped(shelf.taken())[skippedLong] == 2 })
	if got := fmt.Sprintf("%q", tap.seen()); got != `["plain \"quoted\"" "two" "lines" "bin�" "last"]` {
		t.Error(got)
	}
	end() // the process is ended with it
	b, err := os.ReadFile(calls)
	if want := "--follow --lines=0 --quiet --no-pager --output=json --output-fields=MESSAGE --unit=acme.service\n"; err != nil || string(b) != want {
		t.Errorf("called as %q, %v", b, err)
	}
}

// TestJournalEnds: a process that ends is started again, after a pause.
func TestJournalEnds(t *testing.T) {
	command, calls := fake(t, false)
	tap := new(tap)
	run(t, ofUnit(tap, new(shelf), command))
	eventually(t, "it is started a second time", func() bool { return len(tap.seen()) == 10 })
	b, err := os.ReadFile(calls)
	if n := strings.Count(string(b), "\n"); err != nil || n != 2 {
		t.Errorf("started %d times, %v", n, err)
	}
}

// TestNoJournal: where there is none, that is said once, and nothing is tried for
// a while.
func TestNoJournal(t *testing.T) {
	said := new(said)
	c := ofUnit(new(tap), new(shelf), "no-such-command-of-a-journal")
	c.Logger = slog.New(slog.NewTextHandler(said, nil))
	end := run(t, c)
	eventually(t, "it is said", func() bool { return said.text() != "" })
	end()
	if text := said.text(); strings.Count(text, "\n") != 1 || !strings.Contains(text, "there is no journalctl here") {
		t.Errorf("said %q", text)
	}
}

// TestRealJournal reads what it writes into the journal of this machine.
func TestRealJournal(t *testing.T) {
	cat, err := exec.LookPath("systemd-run")
	if err != nil {
		t.Skip("no systemd-run here")
	}
	unit := fmt.Sprintf("tacit-follow-test-%d.service", os.Getpid())
	write := func() error {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return exec.CommandContext(ctx, cat, "--quiet", "--wait", "--unit="+unit, "/bin/echo", "one real line").Run()
	}
	if err := write(); err != nil {
		t.Skip("no service manager runs here, so that there is no unit whose journal could be read")
	}
	tap := new(tap)
	c := ofUnit(tap, new(shelf), "")
	c.Logs[0].Unit = unit
	run(t, c)
	eventually(t, "a line of the unit is read", func() bool {
		_ = write()
		return strings.Contains(strings.Join(tap.seen(), "\n"), "one real line")
	})
}
