package support

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
)

// patience is how long a test waits for a condition.
const patience = 30 * time.Second

// goOn runs s until the test, or stop, ends it.
func goOn(t *testing.T, s *Support) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { defer close(ended); s.Run(ctx) }()
	stop = func() { cancel(); <-ended }
	t.Cleanup(stop)
	return stop
}

// eventually waits until a condition holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

// set changes what the store does.
func (s *store) set(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// has says whether a code opens.
func (s *store) has(m Minted) (ok bool) {
	s.set(func() { _, ok = s.grants[m.Code.Tag()] })
	return ok
}

// settled says whether the file of a directory owes the store nothing.
func settled(t *testing.T, dir string) bool {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, CodesFile))
	if err != nil {
		t.Fatal(err)
	}
	return !strings.Contains(string(b), "sealed") && !strings.Contains(string(b), "revoke")
}

// undelivered makes a code while the store is away.
func undelivered(t *testing.T, st *store, s *Support) Minted {
	t.Helper()
	away := errors.New("away")
	st.set(func() { st.fail = away })
	m, err := s.Mint(7)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Deliver(t.Context(), &m); !errors.Is(err, away) {
		t.Fatal(err)
	}
	st.set(func() { st.fail = nil })
	return m
}

// TestCodeOutlivesTheProcess: what the store has not confirmed when the process
// ends, the next one gives it, and it opens.
func TestCodeOutlivesTheProcess(t *testing.T) {
	dir, st := t.TempDir(), newStore()
	m := undelivered(t, st, open(t, dir, st, noon))
	goOn(t, open(t, dir, st, noon))
	eventually(t, "the next process gives it to the store", func() bool { return st.has(m) && settled(t, dir) })
	if access, err := m.Code.Open(st.grants[m.Code.Tag()]); err != nil || len(access.Days) != 7 {
		t.Errorf("%d days, %v", len(access.Days), err)
	}
}

// TestRevokingOutlivesTheProcess: an order to revoke too.
func TestRevokingOutlivesTheProcess(t *testing.T) {
	dir, st := t.TempDir(), newStore()
	s := open(t, dir, st, noon)
	m, late := mint(t, s, 1), undelivered(t, st, s)
	st.set(func() { st.fail = errors.New("away") })
	if n, err := s.Revoke(t.Context()); n != 0 || err == nil {
		t.Fatalf("%d revoked, %v", n, err)
	}
	st.set(func() { st.fail = nil })
	goOn(t, open(t, dir, st, noon))
	eventually(t, "the next process has it done", func() bool { return !st.has(m) && settled(t, dir) })
	if st.has(late) {
		t.Error("a code that was taken back is given to the store")
	}
}

// TestRevokeAll: codes of an installation that is no more are revoked by the one
// that comes, and what was not sent yet never is.
func TestRevokeAll(t *testing.T) {
	dir, st := t.TempDir(), newStore()
	s := open(t, dir, st, noon)
	m, late := mint(t, s, 30), undelivered(t, st, s)
	if err := errors.Join(RevokeAll(dir), Drop(dir)); err != nil {
		t.Fatal(err)
	}
	next, err := Open(Config{Dir: dir, Root: page.NewRoot([16]byte{8}), Sender: st, Now: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	if err := next.Deliver(t.Context(), &late); !errors.Is(err, ErrRefused) {
		t.Errorf("a code of the one before is delivered: %v", err)
	}
	goOn(t, next)
	eventually(t, "they are revoked", func() bool { return !st.has(m) && settled(t, dir) })
	if st.has(late) {
		t.Error("a code of the one before is given to the store")
	}
	if err := os.WriteFile(filepath.Join(dir, CodesFile), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(RevokeAll(dir), Drop(dir)); err != nil {
		t.Errorf("a damaged file: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, CodesFile)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a damaged file stays: %v", err)
	}
}

// TestDrop: where a disk was copied, the copy leaves the other host's codes alone.
func TestDrop(t *testing.T) {
	dir, st := t.TempDir(), newStore()
	s := open(t, dir, st, noon)
	m, late := mint(t, s, 1), undelivered(t, st, s)
	if err := Drop(dir); err != nil {
		t.Fatal(err)
	}
	next := open(t, dir, st, noon)
	if owed := next.owed(); len(owed) != 0 || len(next.grants()) != 0 || !st.has(m) || st.has(late) {
		t.Errorf("the copy owes %d and knows %d codes", len(owed), len(next.grants()))
	}
}

// TestTakenBackWhileSealedAnew: a code that its user takes back while the store
// asks for another day of it does not come back under that day.
func TestTakenBackWhileSealedAnew(t *testing.T) {
	dir, st := t.TempDir(), newStore()
	st.host = day - 5 // the store redates
	s := open(t, dir, st, noon)
	m, err := s.Mint(1)
	if err != nil {
		t.Fatal(err)
	}
	st.gate = make(chan struct{})
	delivered := make(chan error)
	go func() { delivered <- s.Deliver(t.Context(), &m) }()
	<-st.inside
	if err := s.revokeAll(); err != nil {
		t.Fatal(err)
	}
	close(st.gate)
	if err := <-delivered; !errors.Is(err, ErrRefused) || st.has(m) {
		t.Errorf("%v, in the store: %v", err, st.has(m))
	}
}
