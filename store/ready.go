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
)

// readiness remembers how many groups had waited at the last commit.
type readiness struct {
	mu                    sync.Mutex
	groups, full, trouble uint64
}

// Ready says whether the store takes what it gets: nil, [ErrFull] or
// [ErrTrouble]. It is not ready while groups wait and none was committed since;
// questions are answered all the same. Whether the edge is there is for whoever
// has the connection.
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
	return nil
}
