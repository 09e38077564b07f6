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
		"right-to-left marks": "\u202eerror\u202c 1\n\u200f\u2067line\u2069 2\n\u061c\n",
		"homoglyphs":          "\u0435rror 1\nrоot \uff52oot\n",
		"colour codes":        "\x1b[31merror\x1b[0m 1\n\x1b]0;title\x07line 2\n\x1b\n\x1b[\nline 5\n",
		"nested quotes":       strings.Repeat(`"\"`, 200_000) + "\n" + strings.Repeat(`{"a":["`, 100_000) + "\nline 3\n",
		"byte order marks":    "\ufeffline 1\n\xff\xfel\x00i\x00n\x00e\x00\n\x00line 3\n",
		"labels":              "<ip> <user>\n<word\n>word<\n<<word>>\n",
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

// TestScrubKeepsOrder writes lines that may stay as they are: the number of each
// in words, error for 0 and timeout for 1.
func TestScrubKeepsOrder(t *testing.T) {
	t.Parallel()
	var in strings.Builder
	for n := range 8192 {
		for bit := range 13 {
			in.WriteString([]string{"error ", "timeout "}[n>>bit&1])
		}
		in.WriteString("\n")
	}
	c := rig.Tacit(t, "scrub")
	c.In = in.String() + "\nno such file or directory"
	r := c.Run(t)
	got, want := strings.Split(r.Stdout, "\n"), strings.Split(c.In, "\n")
	for n := range min(len(got), len(want)) {
		if strings.TrimSpace(got[n]) != strings.TrimSpace(want[n]) {
			t.Fatalf("line %d of %d is %q, and was %q", n, len(want), got[n], want[n])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d lines in, %d out", len(want), len(got))
	}
}

// scrubbing is `tacit scrub` with its standard input held open.
type scrubbing struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines <-chan string // what it prints; closed when it is done
}

func startScrub(t *testing.T) scrubbing {
	t.Helper()
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
	return scrubbing{cmd: cmd, in: in, lines: linesOf(out)}
}

// linesOf returns the lines that come, as they come.
func linesOf(out io.Reader) <-chan string {
	lines := make(chan string)
	go func() {
		defer close(lines)
		for r := bufio.NewReader(out); ; {
			line, err := r.ReadString('\n')
			if line != "" {
				lines <- strings.TrimSuffix(line, "\n")
			}
			if err != nil {
				return
			}
		}
	}()
	return lines
}

// end closes the input. Nothing may come after it.
func (s scrubbing) end(t *testing.T) {
	t.Helper()
	if err := s.in.Close(); err != nil {
		t.Fatal(err)
	}
	if line, more := <-s.lines; more {
		t.Errorf("a line that was not written came out: %q", line)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestScrubStreams wants each line back before it writes the next.
func TestScrubStreams(t *testing.T) {
	t.Parallel()
	s := startScrub(t)
	s.await(t, "connection refused\n", "connection refused", rig.Patience) // it has to start first
	for _, line := range []string{"timeout\n", "\n", "permission denied\r\n", "no such file\n"} {
		s.await(t, line, strings.TrimRight(line, "\r\n"), time.Second)
	}
	s.end(t)
}

// TestScrubStreamsBursts writes many lines at once, and the beginning of one
// more. The whole ones come out while the last one is awaited.
func TestScrubStreamsBursts(t *testing.T) {
	t.Parallel()
	s := startScrub(t)
	s.await(t, "connection refused\n", "connection refused", rig.Patience)
	for range 3 {
		if _, err := io.WriteString(s.in, strings.Repeat("timeout\n", 5000)+"permission "); err != nil {
			t.Fatal(err)
		}
		late := time.After(rig.Patience)
		for n := range 5000 {
			select {
			case line := <-s.lines:
				if line != "timeout" {
					t.Fatalf("line %d is %q", n, line)
				}
			case <-late:
				t.Fatalf("%d of 5000 lines came out while the next one is awaited", n)
			}
		}
		s.await(t, "denied\n", "permission denied", time.Second)
	}
	s.end(t)
}

// await writes a text and wants a line back in time.
func (s scrubbing) await(t *testing.T, text, want string, patience time.Duration) {
	t.Helper()
	if _, err := io.WriteString(s.in, text); err != nil {
		t.Fatal(err)
	}
	select {
	case got := <-s.lines:
		if got != want {
			t.Errorf("%q came back as %q", want, got)
		}
	case <-time.After(patience):
		t.Fatalf("%q did not come back within %v", want, patience)
	}
}
