package otel

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// planted begins everything that must not get anywhere.
const planted = "SECRET-"

// leaks looks for what was planted, in all that it is given and in what is packed
// inside.
type leaks struct {
	t     *testing.T
	found []string
	seen  bytes.Buffer // all of it, unpacked
}

func newLeaks(t *testing.T) *leaks { return &leaks{t: t} }

// printed looks at a text.
func (l *leaks) printed(where, text string) { l.look(where, []byte(text)) }

// files looks at the names and the bytes of all files below a directory.
func (l *leaks) files(where, dir string) {
	l.t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		name := strings.TrimPrefix(path, dir)
		l.look(where+", "+name, append([]byte(name+"\n"), b...))
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
}

// look looks for it, and then in each frame of zstd.
func (l *leaks) look(where string, b []byte) {
	l.seen.Write(b)
	if at := bytes.Index(b, []byte(planted)); at >= 0 {
		l.found = append(l.found, fmt.Sprintf("%s at byte %d: …%q…", where, at, b[max(0, at-24):min(len(b), at+40)]))
	}
	magic := []byte{0x28, 0xb5, 0x2f, 0xfd}
	for rest := b; ; rest = rest[len(magic):] {
		at := bytes.Index(rest, magic)
		if at < 0 {
			return
		}
		rest = rest[at:]
		if inner := unpacked(rest); len(inner) > 0 {
			l.look(where+" ▸ zstd", inner)
		}
	}
}

// unpacked returns as much as can be unpacked: what follows a frame is none of it.
func unpacked(b []byte) []byte {
	r, err := zstd.NewReader(bytes.NewReader(b), zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(8<<20))
	if err != nil {
		return nil
	}
	defer r.Close()
	out, _ := io.ReadAll(io.LimitReader(r, 8<<20)) // up to the first error
	return out
}

// report says what was found. What must be there is found by the same search, or
// nothing would be.
func (l *leaks) report(t *testing.T, there ...string) {
	t.Helper()
	for _, f := range l.found {
		t.Error(f)
	}
	for _, text := range there {
		if !bytes.Contains(l.seen.Bytes(), []byte(text)) {
			t.Errorf("%q is not found: nothing would be", text)
		}
	}
}
