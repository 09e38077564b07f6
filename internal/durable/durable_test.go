package durable_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := durable.WriteFile(path, data, durable.OwnerFile); err != nil {
		t.Fatal(err)
	}
}

// names returns what stands in a directory.
func names(t *testing.T, dir string) (out []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	for _, data := range [][]byte{[]byte("old"), []byte("new and longer"), {}, []byte("last")} {
		write(t, path, data)
		got, err := durable.ReadOwnerFile(path)
		if err != nil || !bytes.Equal(got, data) {
			t.Errorf("read %q, %v, want %q", got, err, data)
		}
	}
	if got := names(t, filepath.Dir(path)); len(got) != 1 {
		t.Errorf("left %q, want one file", got)
	}
}

// TestReaderSeesOldOrNew replaces a file while somebody reads it.
func TestReaderSeesOldOrNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	old, fresh := bytes.Repeat([]byte("o"), 64<<10), bytes.Repeat([]byte("n"), 64<<10)
	write(t, path, old)
	failed := make(chan error, 1)
	go func() {
		defer close(failed)
		for range 50 {
			for _, data := range [][]byte{fresh, old} {
				if err := durable.WriteFile(path, data, durable.OwnerFile); err != nil {
					failed <- err
					return
				}
			}
		}
	}()
	for done := false; !done; {
		select {
		case err := <-failed:
			if err != nil {
				t.Error(err)
			}
			done = true
		default:
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, old) && !bytes.Equal(got, fresh) {
			t.Fatalf("read %d bytes, %v: half of a file", len(got), err)
		}
	}
}

func TestWriteFileFails(t *testing.T) {
	dir := t.TempDir()
	if err := durable.WriteFile(filepath.Join(dir, "no", "file"), nil, durable.OwnerFile); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no directory: %v", err)
	}
	taken := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(taken, "full"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := durable.WriteFile(taken, []byte("x"), durable.OwnerFile); err == nil {
		t.Error("a directory was replaced by a file")
	}
	if got := names(t, dir); len(got) != 1 {
		t.Errorf("left %q, want the directory alone", got)
	}
}

func TestReadOwnerFileMissing(t *testing.T) {
	if _, err := durable.ReadOwnerFile(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that it does not exist", err)
	}
}
