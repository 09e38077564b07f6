//go:build unix

package durable_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// TestFullDisk: the old file stays, whole, and nothing else does.
func TestFullDisk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret")
	old := []byte("the old content")
	write(t, path, old)
	restore := limitFileSize(t, 256<<10) // more than the test's own logs take
	err := durable.WriteFile(path, bytes.Repeat([]byte("x"), 512<<10), durable.OwnerFile)
	restore()
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want the system's error and the file", err)
	}
	got, err := durable.ReadOwnerFile(path)
	if err != nil || !bytes.Equal(got, old) {
		t.Errorf("read %q, %v, want the old content", got, err)
	}
	if left := names(t, filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left %q, want one file", left)
	}
	write(t, path, []byte("room again"))
}

// limitFileSize makes writes beyond n bytes fail until the returned function
// is called.
func limitFileSize(t *testing.T, n uint64) (restore func()) {
	t.Helper()
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: n, Max: was.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
			t.Fatal(err)
		}
	}
}

func TestModes(t *testing.T) {
	dir := t.TempDir()
	for _, mode := range []fs.FileMode{0o600, 0o644, 0o400} {
		path := filepath.Join(dir, mode.String())
		if err := os.WriteFile(path, []byte("open to all"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := durable.WriteFile(path, []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Mode() != mode {
			t.Errorf("mode %v, %v, want %v", info.Mode(), err, mode)
		}
	}
}

func TestExposed(t *testing.T) {
	for mode, exposed := range map[fs.FileMode]bool{
		0o600: false, 0o400: false, 0o700: false, 0o640: true, 0o604: true, 0o620: true, 0o602: true, 0o610: true, 0o666: true,
	} {
		path := filepath.Join(t.TempDir(), "secret")
		write(t, path, []byte("secret"))
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		got, err := durable.ReadOwnerFile(path)
		if errors.Is(err, durable.ErrExposed) != exposed || exposed && got != nil {
			t.Errorf("file of mode %04o: %q, %v", mode, got, err)
		}
		if exposed && !strings.Contains(err.Error(), path) {
			t.Errorf("%v does not name the file", err)
		}
		dir := filepath.Join(t.TempDir(), "dir")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if err := durable.MakeOwnerDir(dir); errors.Is(err, durable.ErrExposed) != exposed {
			t.Errorf("directory of mode %04o: %v", mode, err)
		}
	}
}

func TestMakeOwnerDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for range 2 {
		if err := durable.MakeOwnerDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{dir, filepath.Dir(dir)} {
		if info, err := os.Stat(path); err != nil || info.Mode() != fs.ModeDir|0o700 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	}
	file := filepath.Join(dir, "file")
	write(t, file, nil)
	if err := durable.MakeOwnerDir(file); err == nil {
		t.Error("a file is taken for a directory")
	}
	if err := durable.SyncDir(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that it does not exist", err)
	}
}
