package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// typed returns a terminal at which somebody has typed a line.
func typed(t *testing.T, line string) *os.File {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no terminals on this machine: %v", err)
	}
	t.Cleanup(func() { _ = keyboard.Close() })
	n, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0))
	if err != nil {
		t.Fatal(err)
	}
	screen, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = screen.Close() })
	if _, err := keyboard.WriteString(line + "\n"); err != nil {
		t.Fatal(err)
	}
	return screen
}

// TestRecallAsks: also when nothing is there to destroy, because the order is
// remembered and every restore obeys it.
func TestRecallAsks(t *testing.T) {
	dir := newPages(t, 2)
	args := append(wayTo(t, dir), "--from", "2026-01-01", "--to", time.Now().UTC().Format(time.DateOnly))
	for _, tt := range []struct{ version, answer, asked string }{
		{"9.9.9", "no", "0 pages"},
		{"0.1.0", "no", "2 pages"},
		{"9.9.9", "yes", "0 pages"},
		{"0.1.0", "yes", "2 pages"},
	} {
		var out, said bytes.Buffer
		c := storeRecallCommand(&cli.Env{Out: &out, Err: &said, In: typed(t, tt.answer)})
		c.SilenceErrors, c.SilenceUsage = true, true
		c.SetArgs(append([]string{"--agent", tt.version}, args...))
		err := c.ExecuteContext(t.Context())
		name := tt.version + ", answered " + tt.answer
		if !strings.Contains(said.String(), tt.asked) || !strings.Contains(said.String(), "restored later") {
			t.Errorf("%s: it asks %q", name, said.String())
		}
		_, noted := os.Stat(filepath.Join(dir.Keys(), "recalls.json"))
		if tt.answer == "yes" {
			if err != nil || noted != nil {
				t.Errorf("%s: %v, note: %v", name, err, noted)
			}
			continue
		}
		wantHinted(t, err, "nothing was destroyed")
		if !errors.Is(noted, fs.ErrNotExist) {
			t.Errorf("%s: it is remembered: %v", name, noted)
		}
	}
}
