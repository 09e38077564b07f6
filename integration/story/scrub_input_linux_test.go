package story

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestScrubAtATerminal types lines at a terminal: each is back before the next one
// is typed, and Ctrl-D ends the command.
func TestScrubAtATerminal(t *testing.T) {
	t.Parallel()
	keyboard, terminal := newTerminal(t)
	cmd := exec.CommandContext(t.Context(), rig.Binary(t, "tacit"), "scrub")
	cmd.Stdin = terminal
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := scrubbing{cmd: cmd, in: keyboard, lines: linesOf(out)}
	s.await(t, "connection refused\n", "connection refused", rig.Patience) // it has to start first
	for _, line := range []string{"timeout", "", "permission denied"} {
		s.await(t, line+"\n", line, time.Second)
	}
	const endOfFile = "\x04"
	if _, err := keyboard.WriteString(endOfFile); err != nil {
		t.Fatal(err)
	}
	if line, more := <-s.lines; more {
		t.Errorf("a line that was not typed came out: %q", line)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// newTerminal returns both ends of a terminal that does not echo (pts(4)).
func newTerminal(t *testing.T) (keyboard, terminal *os.File) {
	t.Helper()
	open := func(path string) *os.File {
		f, err := os.OpenFile(path, os.O_RDWR|unix.O_NOCTTY, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = f.Close() })
		return f
	}
	keyboard = open("/dev/ptmx")
	fd := int(keyboard.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	terminal = open(fmt.Sprintf("/dev/pts/%d", number))
	settings, err := unix.IoctlGetTermios(int(terminal.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	settings.Lflag &^= unix.ECHO
	if err := unix.IoctlSetTermios(int(terminal.Fd()), unix.TCSETS, settings); err != nil {
		t.Fatal(err)
	}
	return keyboard, terminal
}

// TestScrubOfAFile gives the command a large file. It writes whole pieces then,
// where a write for each line would cost more than the line: its output is a
// socket that keeps what is written at once apart.
func TestScrubOfAFile(t *testing.T) {
	t.Parallel()
	const line = "GET /index.html from 10.1.2.3 took 42 ms, user=holmquist\n"
	const lines = (8 << 20) / len(line)
	file := filepath.Join(t.TempDir(), "large.log")
	if err := os.WriteFile(file, []byte(strings.Repeat(line, lines)), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, pieces := newPieces(t)
	cmd := exec.CommandContext(t.Context(), rig.Binary(t, "tacit"), "scrub")
	cmd.Env = append(os.Environ(), "GOMAXPROCS=1")
	cmd.Stdin, cmd.Stdout = in, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = out.Close() // its own end stays open
	got, writes := 0, 0
	for b := make([]byte, 1<<20); ; writes++ {
		n, err := pieces.Read(b)
		if n == 0 || err != nil {
			break
		}
		got += bytes.Count(b[:n], []byte("\n"))
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if got != lines || writes > lines/100 {
		t.Errorf("%d of %d lines came, in %d writes", got, lines, writes)
	}
	took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	t.Logf("%d lines in %d writes, %.1f MB a second of the processor", got, writes, 8/took.Seconds())
}

// newPieces returns a socket and its other end, whose reads are the writes of the
// first, one for one.
func newPieces(t *testing.T) (out *os.File, pieces net.Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	out = os.NewFile(uintptr(fds[0]), "out")
	end := os.NewFile(uintptr(fds[1]), "pieces")
	pieces, err = net.FileConn(end)
	_ = end.Close() // the connection has its own
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = pieces.Close() })
	return out, pieces
}
