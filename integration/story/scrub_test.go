package story

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// TestScrubKeepsLines counts lines and looks at their order: one out for each
// in, whatever stands in them.
func TestScrubKeepsLines(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"nothing":             "",
		"one empty line":      "\n",
		"no newline at end":   "started line 1\nstarted line 2\nstarted line 3",
		"NULs":                "line 1 \x00 error\n\x00\nline 3\n",
		"invalid UTF-8":       "line 1 \xff\xfe error\n\xc3\n\xe2\x82\nline 4\n",
		"carriage returns":    "line 1\r\nline 2\rmore\r\n\r\n",
		"other line feeds":    "line 1\u2028\u0085\v\fline 1\nline 2\n",
		"empty lines":         "\n\nline 3\n\n\nline 6\n\n",
		"a very long line":    "line 1\n" + strings.Repeat("error x42 ", 400_000) + "\nline 3\n",
		"a long line, no end": strings.Repeat("\x00", 3<<20),
		"many lines":          strings.Repeat("error 42 of 7\n", 20_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := rig.Tacit(t, "scrub")
			c.In = in
			r := c.Run(t)
			if r.Code != 0 || r.Stderr != "" {
				t.Fatalf("exit %d: %s", r.Code, r.Stderr)
			}
			if got, want := strings.Count(r.Stdout, "\n"), strings.Count(in, "\n"); got != want {
				t.Errorf("%d line feeds in, %d out", want, got)
			}
			if strings.HasSuffix(r.Stdout, "\n") != strings.HasSuffix(in, "\n") || (r.Stdout == "") != (in == "") {
				t.Errorf("the end changed: %.40q", r.Stdout)
			}
			if !utf8.ValidString(r.Stdout) || strings.ContainsAny(r.Stdout, "\x00\r") {
				t.Errorf("control characters or invalid UTF-8 came through: %.80q", r.Stdout)
			}
		})
	}
}

// TestScrubKeepsOrder marks every line with its number, which means nothing and
// may stay.
func TestScrubKeepsOrder(t *testing.T) {
	t.Parallel()
	c := rig.Tacit(t, "scrub")
	c.In = "connection refused\ntimeout\n\npermission denied\nno such file or directory"
	if r := c.Run(t); r.Stdout != c.In {
		t.Errorf("plain words changed:\n%q\n%q", c.In, r.Stdout)
	}
}

// TestScrubStreams wants each line back before it writes the next.
func TestScrubStreams(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), rig.Binary(t, "tacit"), "scrub")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	await(t, in, lines, "connection refused\n", rig.Patience) // it has to start first
	for _, line := range []string{"timeout\n", "\n", "permission denied\r\n", "no such file\n"} {
		await(t, in, lines, line, time.Second)
	}
	if err := in.Close(); err != nil {
		t.Fatal(err)
	}
	if line, more := <-lines; more {
		t.Errorf("a line that was not written came out: %q", line)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// await writes a line and wants it back in time.
func await(t *testing.T, in io.Writer, lines <-chan string, line string, patience time.Duration) {
	t.Helper()
	if _, err := io.WriteString(in, line); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-lines:
		if want := strings.TrimRight(line, "\r\n"); got != want {
			t.Errorf("%q came back as %q", want, got)
		}
	case <-time.After(patience):
		t.Fatalf("%q did not come back within %v", line, patience)
	}
}
