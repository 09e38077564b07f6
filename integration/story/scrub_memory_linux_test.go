package story

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestScrubMemory gives the command many lines, and one that does not end. What
// it takes at its peak must not depend on how much that was.
func TestScrubMemory(t *testing.T) {
	t.Parallel()
	const bound = 16 << 10 // KiB more than with a few lines
	few := peak(t, "GET /index.html from 10.1.2.3 took 42 ms, user=holmquist\n", 1<<16)
	for name, text := range map[string]string{
		"lines":   "GET /index.html from 10.1.2.3 took 42 ms, user=holmquist\n",
		"no end":  "GET /index.html from 10.1.2.3 took 42 ms, user=holmquist ",
		"letters": strings.Repeat("a", 4096),
		"NULs":    strings.Repeat("\x00", 4096),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if kib := peak(t, text, 24<<20); kib > few+bound {
				t.Errorf("%d KiB at its peak; %d with a few lines", kib, few)
			}
		})
	}
}

// peak writes a text again and again, and returns the most memory that the
// command has had, in KiB, when all of the lines have come back.
func peak(t *testing.T, text string, size int) int {
	t.Helper()
	s := startScrub(t)
	wanted := size / len(text) * strings.Count(text, "\n")
	wrote := make(chan error, 1)
	go func() {
		for range size / len(text) {
			if _, err := io.WriteString(s.in, text); err != nil {
				wrote <- err
				return
			}
		}
		wrote <- nil
	}()
	idle := time.NewTimer(rig.Patience)
	for n := range wanted {
		select {
		case _, more := <-s.lines:
			if !more {
				t.Fatalf("it ended after %d of %d lines", n, wanted)
			}
			idle.Reset(rig.Patience)
		case <-idle.C:
			t.Fatalf("%d of %d lines came back while the input is open", n, wanted)
		}
	}
	if err := <-wrote; err != nil {
		t.Fatal(err)
	}
	kib := highest(t, s.cmd.Process.Pid)
	if err := s.in.Close(); err != nil {
		t.Fatal(err)
	}
	for range s.lines { // what had no end
	}
	if err := s.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	return kib
}

// highest returns the most resident memory that a process has had, in KiB. What
// the kernel says when a process has ended counts its parent's, too.
func highest(t *testing.T, pid int) (kib int) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &kib); err == nil {
			return kib
		}
	}
	t.Fatal("no VmHWM")
	return 0
}
