package follow

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// writer writes numbered lines without pause, and rotates.
type writer struct {
	t    *testing.T
	tap  *tap
	path string
	f    *os.File
	n    int   // the last number
	from int   // the first of this file
	cuts []int // the last number before each truncation
}

func (w *writer) open() {
	f, err := os.OpenFile(w.path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	w.f, w.from = f, w.n+1
}

func (w *writer) line() {
	w.n++
	if _, err := fmt.Fprintf(w.f, "number %d\n", w.n); err != nil {
		w.t.Fatal(err)
	}
}

// untilRead writes until a line of this file was read, and some more.
func (w *writer) untilRead() {
	for end := time.Now().Add(patience); w.last() < w.from; {
		if w.line(); time.Now().After(end) {
			w.t.Fatal("nothing of a file is read")
		}
	}
	for range 500 {
		w.line()
	}
}

// last returns the last number that was read.
func (w *writer) last() int {
	w.tap.mu.Lock()
	defer w.tap.mu.Unlock()
	if len(w.tap.lines) == 0 {
		return 0
	}
	return number(w.tap.lines[len(w.tap.lines)-1])
}

func number(line string) int {
	n, err := strconv.Atoi(strings.TrimPrefix(line, "number "))
	if err != nil {
		return -1
	}
	return n
}

// again closes the file and goes on in a new one.
func (w *writer) again(move func() error) {
	if err := move(); err != nil {
		w.t.Fatal(err)
	}
	w.line() // into the old one
	if err := w.f.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.open()
}

// copied copies the file and truncates it.
func (w *writer) copied() {
	from, err := os.Open(w.path)
	if err != nil {
		w.t.Fatal(err)
	}
	to, err := os.Create(w.path + ".1")
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		w.t.Fatal(err)
	}
	_, _ = from.Close(), to.Close()
	w.line() // between the two
	if err := w.f.Truncate(0); err != nil {
		w.t.Fatal(err)
	}
	w.cuts, w.from = append(w.cuts, w.n), w.n+1
}

// TestWriterWithoutPause: no line comes twice, and none is lost, but for those
// before a truncation that were not read yet.
func TestWriterWithoutPause(t *testing.T) {
	w := &writer{t: t, tap: new(tap), path: filepath.Join(t.TempDir(), "a.log")}
	w.open()
	w.line()
	w.line() // the past
	past := w.n
	shelf := new(shelf)
	run(t, Config{
		Logs:    []registry.Log{{Name: "a", Product: "acme", Path: filepath.Join(filepath.Dir(w.path), "*.log"), Metric: "acme.log"}},
		Treater: w.tap, Take: shelf.take, Poll: 2 * time.Millisecond, Window: 10 * time.Millisecond,
		PerLog: Rate{1 << 40, 1 << 40}, InAll: Rate{1 << 40, 1 << 40},
	})
	for i := range 12 {
		w.untilRead()
		switch i % 4 {
		case 0:
			w.again(func() error { return os.Rename(w.path, w.path+".1") })
		case 1:
			w.again(func() error { return os.Rename(w.path, strings.TrimSuffix(w.path, "log")+strconv.Itoa(i)+".log") })
		case 2:
			w.again(func() error { return os.Remove(w.path) })
		case 3:
			w.copied()
		}
	}
	w.untilRead()
	eventually(t, "the last line is read", func() bool { return slices.Contains(w.tap.seen(), fmt.Sprint("number ", w.n)) })
	w.check(past)
	if err := w.f.Close(); err != nil {
		t.Error(err)
	}
}

// check checks which numbers came: each once, none of the past, and of what was
// lost the last is the last before a truncation.
func (w *writer) check(past int) {
	came := map[int]bool{}
	first := w.n
	for _, line := range w.tap.seen() {
		n := number(line)
		if n <= past || came[n] {
			w.t.Fatalf("line %q is of the past, came twice, or is half a line", line)
		}
		came[n], first = true, min(first, n)
	}
	lost := 0
	for n := first; n < w.n; n++ {
		if came[n] {
			continue
		}
		if lost++; came[n+1] && !slices.Contains(w.cuts, n) {
			w.t.Fatalf("line %d of %d is lost, and was not cut off", n, w.n)
		}
	}
	w.t.Logf("%d lines from the first look on; %d were truncated before they were read", w.n-first+1, lost)
}
