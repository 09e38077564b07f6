package store

import (
	"errors"
	"sync"
)

// The reasons for which a store is not ready. Each is a fixed sentence.
var (
	// ErrFull says that the volume has too little free space. Free some: the
	// store resumes by itself, and nothing that was confirmed is lost.
	ErrFull = errors.New("the store's volume has too little free space")
	// ErrTrouble says that a month cannot be written: its log says which, and
	// why.
	ErrTrouble = errors.New("a month of the store cannot be written")
	// ErrClock says that the clock of this host is most likely wrong: it jumped
	// by more than a stop explains, or it is not set. Set it: the store resumes
	// by itself. When it is right, the store believes it after it has run for a
	// day and a half, or at once when calendar.json is removed from its data directory
	// while it does not run. Nothing that was confirmed is lost.
	ErrClock = errors.New("the store does not believe the clock of this host, and batches of other days wait; fix: set the clock, or, when it is right, stop the store, remove calendar.json from its data directory and start it")
)

// readiness remembers how many groups had waited, or had no answer, at the last commit.
type readiness struct {
	mu                    sync.Mutex
	groups, full, trouble uint64
}

// Ready says whether the store takes what it gets: nil, [ErrFull], [ErrTrouble]
// or [ErrClock]. It is not ready while groups wait, or have no answer, and none was
// committed since, nor while a half of the current month does not open, which is
// looked at from the start on and every minute; questions are answered all the
// same. Whether the edge is there
// is for whoever has the connection.
func (s *Store) Ready() error {
	c := s.ingest.Counts()
	full, trouble := c.Outcomes["full"], c.Outcomes["trouble"]
	r := &s.readiness
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case c.Groups != r.groups:
		r.groups, r.full, r.trouble = c.Groups, full, trouble
	case full > r.full:
		return ErrFull
	case trouble > r.trouble:
		return ErrTrouble
	}
	today := s.calendar.Today()
	if s.db.Shut(today.Day.Month()) {
		return ErrTrouble
	}
	if today.Doubt {
		return ErrClock
	}
	return nil
}
