package scrub_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/tacit-telemetry/tacit/anon/scrub"
)

func TestStream(t *testing.T) {
	s := scrub.New(nil)
	long := strings.Repeat("open 10.0.0.9 ", 1<<17)
	for _, c := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"no line feed at the end", "open\ndial 10.0.0.9", "open\ndial <ip>"},
		{"empty lines", "\n\nopen\n\n", "\n\nopen\n\n"},
		{"carriage return", "open\r\nread\r\n", "open\nread\n"},
		{"nul and no utf-8", "op\x00en\n\xff\xfe\n", "open\n\n"},
		{"megabytes", long + "\nopen\n", s.Line(long) + "\nopen\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for name, r := range map[string]io.Reader{
				"at once": strings.NewReader(c.in), "halves": iotest.HalfReader(strings.NewReader(c.in)),
				"with error": iotest.DataErrReader(strings.NewReader(c.in)),
			} {
				var out bytes.Buffer
				if err := s.Stream(t.Context(), r, &out); err != nil || out.String() != c.want {
					t.Errorf("%s: %d bytes, %v, want %d", name, out.Len(), err, len(c.want))
				}
			}
		})
	}
}

// What is scrubbed comes out while the input pauses, also behind the start of
// a further line; and a stream that waits ends with its context.
func TestStreamPauses(t *testing.T) {
	in, feed, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	read, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- scrub.New(nil).Stream(ctx, in, out) }()
	if _, err := feed.WriteString("dial 10.0.0.9\nopen /ho"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 64)
	if err := read.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if n, err := read.Read(got); string(got[:n]) != "dial <ip>\n" {
		t.Errorf("while the input pauses: %q, %v", got[:n], err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Stream ends with %v", err)
	}
	for _, f := range []*os.File{in, feed, read, out} {
		_ = f.Close()
	}
}

func TestStreamErrors(t *testing.T) {
	broken := errors.New("broken")
	s := scrub.New(nil)
	var out bytes.Buffer
	r := io.MultiReader(strings.NewReader("open\nrea"), iotest.ErrReader(broken))
	if err := s.Stream(t.Context(), r, &out); !errors.Is(err, broken) || out.String() != "open\n" {
		t.Errorf("broken reader: %v, %q", err, out.String())
	}
	if err := s.Stream(t.Context(), strings.NewReader("open\n"), failing{broken}); !errors.Is(err, broken) {
		t.Errorf("broken writer: %v", err)
	}
}

// BenchmarkStream is what `tacit scrub` does with a busy log, without this
// host's identifiers.
func BenchmarkStream(b *testing.B) {
	text := []byte(strings.Repeat("connection from 10.77.3.9 closed after 3 tries, 120 ms\n"+
		"open /home/zofarrell/x: permission denied\nretry=3 state=open user=zofarrell host=node7\n", 1<<12))
	s := scrub.New(nil)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := s.Stream(b.Context(), bytes.NewReader(text), io.Discard); err != nil {
			b.Fatal(err)
		}
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
