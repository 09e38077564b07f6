package desk

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/lookup"
)

// openCase is a history that somebody looks at. Its values are replaced and not
// changed, so that a copy may be read while another request goes on.
type openCase struct {
	Name    string // in addresses: random, and worth nothing outside its session
	session string

	who    lookup.Subject
	typed  string // as an ID is written into a sheet, if its box is ticked; "": it was a code
	since  time.Time
	Ticket string
	reason string

	History *lookup.History // nil: an export that waits to be downloaded
	Report  diagnosis.Report
	file    []byte // of an export

	Text    string // filter
	Decided int    // severity; 0: nobody has decided

	seen time.Time
}

func (c *openCase) records() int {
	if c.History == nil {
		return 0
	}
	return len(c.History.Records)
}

// cases are all open cases, in memory only.
type cases struct {
	now func() time.Time

	mu    sync.Mutex
	all   map[string]*openCase
	timer *time.Timer // ends cases that nobody looks at any more; nil: there is none
}

func newCases(now func() time.Time) *cases { return &cases{now: now, all: map[string]*openCase{}} }

// open adds a case and names it.
func (s *cases) open(c openCase) string {
	c.Name = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.put(c)
	return c.Name
}

// find returns a copy of a session's case, and counts this as its use.
func (s *cases) find(session, name string) (openCase, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	c := s.all[name]
	if c == nil || c.session != session {
		return openCase{}, false
	}
	c.seen = s.now()
	return *c, true
}

// replace takes over a changed copy of a case that is still open.
func (s *cases) replace(c openCase) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.all[c.Name] != nil {
		s.put(c)
	}
}

// put makes room and keeps the case. The caller has the lock.
func (s *cases) put(c openCase) {
	c.seen = s.now()
	delete(s.all, c.Name)
	s.sweep()
	records := c.records()
	for _, other := range s.all {
		records += other.records()
	}
	for len(s.all) > 0 && (len(s.all) >= mostCases || records > mostRecords) {
		oldest := s.oldest()
		records -= oldest.records()
		delete(s.all, oldest.Name)
	}
	s.all[c.Name] = &c
	if s.timer == nil {
		s.timer = time.AfterFunc(caseLife, s.later)
	}
}

func (s *cases) oldest() (found *openCase) {
	for _, c := range s.all {
		if found == nil || c.seen.Before(found.seen) {
			found = c
		}
	}
	return found
}

// sweep ends what nobody looks at any more. The caller has the lock.
func (s *cases) sweep() {
	now := s.now()
	for name, c := range s.all {
		if now.Sub(c.seen) >= caseLife || c.seen.After(now.Add(caseLife)) {
			delete(s.all, name)
		}
	}
}

// later sweeps also when nobody comes any more.
func (s *cases) later() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	if s.timer = nil; len(s.all) > 0 {
		s.timer = time.AfterFunc(caseLife, s.later)
	}
}

// end ends a session's case.
func (s *cases) end(session, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.all[name]; c != nil && c.session == session {
		delete(s.all, name)
	}
}
