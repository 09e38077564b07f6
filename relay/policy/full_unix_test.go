//go:build unix

package policy

import (
	"bytes"
	"errors"
	"os/signal"
	"strings"
	"syscall"
	"testing"
)

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
