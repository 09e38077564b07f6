package story

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// stall stands before the store's socket and passes everything on, until a request
// comes in which something matches: that one never arrives.
type stall struct {
	match   *regexp.Regexp
	reached chan struct{}
	pumps   sync.WaitGroup

	mu     sync.Mutex
	conns  []net.Conn
	closed bool
}

// newStall begins to stand there, until undo.
func newStall(t *testing.T, dir string, match *regexp.Regexp) (s *stall, undo func()) {
	t.Helper()
	path, moved := filepath.Join(dir, "run", "store.sock"), filepath.Join(dir, "run", "moved.sock")
	if err := os.Rename(path, moved); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	s = &stall{match: match, reached: make(chan struct{}, 16)}
	s.pumps.Go(func() { s.accept(l, moved) })
	var once sync.Once
	undo = func() {
		once.Do(func() {
			_ = l.Close() // and with it goes the file
			_ = os.Rename(moved, path)
			s.end()
			s.pumps.Wait()
		})
	}
	t.Cleanup(undo)
	return s, undo
}

// end ends what passes.
func (s *stall) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for _, c := range s.conns {
		_ = c.Close()
	}
}

// keep notes connections for the end, and says whether it has come.
func (s *stall) keep(conns ...net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conns = append(s.conns, conns...)
	return !s.closed
}

func (s *stall) accept(l net.Listener, to string) {
	for {
		from, err := l.Accept()
		if err != nil {
			return // closed, at the end
		}
		c, err := net.Dial("unix", to)
		if err != nil || !s.keep(from, c) {
			_ = from.Close()
			continue
		}
		s.pumps.Go(func() { _, _ = io.Copy(from, c) })
		s.pumps.Go(func() { s.pass(from, c) })
	}
}

// pass passes requests on up to the one that stalls.
func (s *stall) pass(from, to net.Conn) {
	for b := make([]byte, 64<<10); ; {
		n, err := from.Read(b)
		if s.match.Match(b[:n]) {
			s.reached <- struct{}{}
			return
		}
		if _, failed := to.Write(b[:n]); err != nil || failed != nil {
			_ = to.Close()
			return
		}
	}
}

// wait waits until a lookup is in the middle.
func (s *stall) wait(t *testing.T) {
	t.Helper()
	rig.Eventually(t, "a lookup is in the middle", func() bool { return len(s.reached) > 0 })
}

// moments are those at which a lookup is killed: before its note is left, and before
// it has its pages.
var moments = map[string]*regexp.Regexp{"before the note": regexp.MustCompile("POST /v1/note"), "before the pages": regexp.MustCompile(`Tacit-Pass: \S`)}

// TestKilledLookup: who is killed in the middle of a lookup leaves a row without an
// outcome, and nobody saw anything; the log goes on.
func TestKilledLookup(t *testing.T) {
	t.Parallel()
	for name, match := range moments {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := rig.Dir(t)
			up := rig.Up(t, dir)
			id := deliver(t, dir, new(rig.Ledger))
			a := engineer(t, up)
			look(t, a, id).Says(t, "Data up to")
			before := lookups(t, dir)

			s, undo := newStall(t, dir, match)
			p := rig.Tacit(t, "lookup", id, "--data", dir).Start(t, dir)
			s.wait(t)
			p.Kill()
			if said := p.Text(); said != "" {
				t.Errorf("a killed command printed %s", said)
			}
			undo()
			before = append(before, "command open")
			checkRows(t, dir, before)

			s, undo = newStall(t, dir, match)
			shown := make(chan error, 1)
			go func() { shown <- lookAlone(a, id) }()
			s.wait(t)
			before = append(before, "desk open")
			checkRows(t, dir, before)
			up.Kill()
			if err := <-shown; err == nil {
				t.Error("a desk that was killed answered")
			}
			undo()
			up = rig.Up(t, dir)
			checkRows(t, dir, before)
			a = deskAgain(t, dir)
			if p := a.Get(t, "/audit"); strings.Count(p.Text(), "not noted") != 2 || !strings.Contains(p.Text(), "the chain is whole") {
				t.Errorf("the desk shows %s", p.Text())
			}
			if r := rig.Tacit(t, "store", "verify", "--data", dir).Run(t); r.Code != 0 {
				t.Errorf("verify: exit %d: %s%s", r.Code, r.Stdout, r.Stderr)
			}
			look(t, a, id).Says(t, "Data up to")
			checkRows(t, dir, append(before, "desk open found"))
			up.Interrupt(t)
		})
	}
}

func checkRows(t *testing.T, dir string, want []string) {
	t.Helper()
	if got := lookups(t, dir); !slices.Equal(got, want) {
		t.Errorf("rows %q, want %q", got, want)
	}
}

// lookAlone posts the desk's field and returns why there was no answer; nil: there
// was one.
func lookAlone(a *rig.Admin, id string) error {
	form := url.Values{"private-id": {id}, "days": {"90"}}
	r, err := http.NewRequest(http.MethodPost, a.Console+"/open", strings.NewReader(form.Encode()))
	if err != nil {
		return nil
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	resp, err := a.Client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if _, err := io.ReadAll(resp.Body); err != nil {
		return errors.New("the answer was cut off")
	}
	return nil
}
