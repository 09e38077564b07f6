//go:build unix

package follow

import (
	"errors"
	"os"
	"syscall"
	"testing"
)

// TestPipe: a pipe does not keep the others waiting.
func TestPipe(t *testing.T) {
	d := newDesk(t)
	if err := syscall.Mkfifo(d.path("pipe.log"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.look()
	d.write("a.log", "one\n")
	d.look("one")
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	info, err := root.Stat("a.log")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := openFound(root, found{"pipe.log", info}); !errors.Is(err, errChanged) {
		t.Errorf("a pipe in the place of a file: %v", err)
	}
}

// TestNotReadable: it is said once, and the log is read from then on when it can
// be.
func TestNotReadable(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("everything is readable for root")
	}
	d := newDesk(t)
	d.write("a.log", "past\n")
	if err := os.Chmod(d.path("a.log"), 0); err != nil {
		t.Fatal(err)
	}
	d.look()
	if d.source.said == "" {
		t.Error("nothing is said of a file that cannot be read")
	}
	if err := os.Chmod(d.path("a.log"), 0o600); err != nil {
		t.Fatal(err)
	}
	d.look()
	d.write("a.log", "one\n")
	d.look("one")
}
