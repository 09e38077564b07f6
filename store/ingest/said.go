package ingest

import (
	"sync"
	"time"
)

// Bounds of what is remembered of the log.
const (
	sayAgain = time.Minute // after which the same trouble is logged once more
	maxSaid  = 64          // troubles that are told apart; then all are forgotten
)

// said remembers which troubles were logged, so that one which meets every group is
// a line a minute and not a line a group. Counts have every one.
type said struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// news says whether the text was not logged within the last minute, and that it is
// now.
func (s *said) news(text string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if last, ok := s.last[text]; ok && now.Sub(last) < sayAgain {
		return false
	}
	if s.last == nil || len(s.last) >= maxSaid {
		s.last = map[string]time.Time{}
	}
	s.last[text] = now
	return true
}
