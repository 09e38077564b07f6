//go:build unix

package policy

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

// aloneVariable says that this process is one of alone's.
const aloneVariable = "TACIT_TEST_ALONE"

// alone runs the test that calls it in a process of its own and says whether
// this is that process. The limit of fullDisk is the whole process's, and go
// test writes a log of its own from there, which then fails now and then.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneVariable) != "" {
		return true
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^"+t.Name()+"$")
	c.Env = append(os.Environ(), aloneVariable+"=yes")
	if out, err := c.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("--- PASS: "+t.Name())) {
		t.Fatalf("%v\n%s", err, out)
	}
	return false
}

// fullDisk makes writes beyond n bytes of a file fail until the returned
// function is called.
func fullDisk(t *testing.T, n uint64) (free func()) {
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

// TestFullDisk fills the disk after some bytes of the log: a Save that does not
// fit leaves nothing, and its refusal holds all the same.
func TestFullDisk(t *testing.T) {
	if !alone(t) {
		return
	}
	s := newSite(t)
	p := s.open()
	for range 20 { // so that the log is longer than any other file of it
		if err := p.Note(t.Context(), strings.Repeat("n", 64), strings.Repeat("a", 64)); err != nil {
			t.Fatal(err)
		}
	}
	before := s.read(s.log())
	free := fullDisk(t, uint64(len(before)+10))
	_, err := p.Save(t.Context(), "anna", p.Wire().Revision, off, 3)
	got := p.State()
	free()
	if !errors.Is(err, syscall.EFBIG) || strings.Contains(err.Error(), s.c.Dir) {
		t.Errorf("%v, want the system's error without a path", err)
	}
	if got.Cause != CauseUnsaved || !bytes.Equal(before, s.read(s.log())) {
		t.Errorf("%+v, want that the refusal holds and the log is as it was", got)
	}
	s.whole(s.open(), on) // another process knows nothing of it
	s.save(p, off)
	s.whole(s.open(), off)
}

// TestFullDiskAtFirstStart holds until there is space, and then begins.
func TestFullDiskAtFirstStart(t *testing.T) {
	if !alone(t) {
		return
	}
	s := newSite(t)
	free := fullDisk(t, 0)
	p, err := Open(s.c)
	free()
	if err != nil {
		t.Logf("the directory's lock could not be made: %v", err)
		t.Fatal(err)
	}
	s.held(p, CauseUnwritten)
	p.retry = p.retry.Add(-settleAgain)
	p.look(0)
	s.whole(p, on)
}
