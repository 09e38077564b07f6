package durable_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

type entry struct {
	durable.Link
	Word string `json:"word"`
}

func chain(t *testing.T, path string, words ...string) durable.Chain {
	t.Helper()
	var c durable.Chain
	for _, w := range words {
		if err := c.Append(path, entry{c.Next(), w}); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestChain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := chain(t, path, "one", "two", "three")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, in := range map[string][]byte{"whole": b, "a torn line after it": append(bytes.Clone(b), `{"n":4`...)} {
		got, err := durable.ParseChain(in, nil)
		if err != nil || len(got.Lines) != 3 || got.Head() != c.Head() || got.Size() != int64(len(b)) {
			t.Errorf("%s: %d lines, %v", name, len(got.Lines), err)
		}
	}
	if shorter, _ := durable.ParseChain(b[:bytes.LastIndexByte(b[:len(b)-1], '\n')+1], nil); shorter.Has(3, c.Head()) || !shorter.Has(0, durable.Digest{}) {
		t.Error("a line that is missing at the end does not show")
	}
	lines := bytes.SplitAfter(b, []byte{'\n'})
	for name, in := range map[string][]byte{
		"changed": bytes.Replace(b, []byte("one"), []byte("uno"), 1), "taken out": append(bytes.Clone(lines[0]), lines[2]...),
		"put in": append(append(bytes.Clone(lines[0]), lines[0]...), lines[1]...), "no entry": append(bytes.Clone(lines[0]), "hello\n"...),
	} {
		if got, err := durable.ParseChain(in, nil); err == nil || !strings.Contains(err.Error(), "line 2: ") || len(got.Lines) != 1 {
			t.Errorf("%s: %d lines, %v; want line 2 refused", name, len(got.Lines), err)
		}
	}
}

// TestChainAppendsOverTorn: what a crash left of a line is written over.
func TestChainAppendsOverTorn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := chain(t, path, "one")
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"n":2,"word":"a long line that was torn in the middle of`); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Append(path, entry{c.Next(), "two"}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := durable.ParseChain(b, nil); err != nil || len(got.Lines) != 2 || strings.Contains(string(b), "torn") {
		t.Errorf("%d lines, %v in %s", len(got.Lines), err, b)
	}
}

func TestSetAside(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	for n := range 3 {
		if err := durable.SetAside(path); err != nil { // the first time there is none
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte{byte(n)}, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for n, name := range []string{".damaged-1", ".damaged-2"} {
		if b, err := os.ReadFile(path + name); err != nil || b[0] != byte(n) {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
}

// TestChainGoesOn reads a log, and later what was written behind it.
func TestChainGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	c := chain(t, path, "one", "two")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := durable.ParseChain(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Append(path, entry{c.Next(), "three"}); err != nil {
		t.Fatal(err)
	}
	longer, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !before.Begins(longer) {
		t.Error("what was written behind the lines changed them")
	}
	for name, edited := range map[string][]byte{
		"nothing": nil, "a line less": b[:before.Size()/2], "another end of a line": append(bytes.Clone(b[:len(b)-1]), ' ', '\n'),
		"edited": bytes.Replace(longer, []byte("one"), []byte("uno"), 1), "one byte less": b[:len(b)-1],
	} {
		if before.Begins(edited) {
			t.Errorf("%s: the log begins with what it was", name)
		}
	}
	for range 2 { // the first does not disturb the second
		after, err := before.Parse(longer[before.Size():], nil)
		if err != nil || after.Head() != c.Head() || after.Size() != int64(len(longer)) || len(before.Lines) != 2 {
			t.Errorf("%d lines of %d bytes after %d, %v", len(after.Lines), after.Size(), len(before.Lines), err)
		}
	}
	if after, err := before.Parse(longer, nil); err == nil || len(after.Lines) != 2 || !strings.Contains(err.Error(), "line 3: ") {
		t.Errorf("what does not follow: %d lines, %v", len(after.Lines), err)
	}
}

// FuzzParseChain: whatever lies in a log, what is taken of it is a chain, and is
// the log's beginning.
func FuzzParseChain(f *testing.F) {
	f.Add([]byte(`{"n":1,"prev":"0000000000000000000000000000000000000000000000000000000000000000"}` + "\n"))
	f.Add([]byte("{\"n\":1}\nx"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := durable.ParseChain(b, nil)
		whole := bytes.Join(append(c.Lines, nil), []byte{'\n'})
		if !bytes.HasPrefix(b, whole) || err == nil && bytes.IndexByte(b[len(whole):], '\n') >= 0 {
			t.Errorf("%d lines of %d bytes, %v", len(c.Lines), len(b), err)
		}
		if again, err := durable.ParseChain(whole, nil); err != nil || again.Head() != c.Head() {
			t.Errorf("what was taken is no chain: %v", err)
		}
	})
}
