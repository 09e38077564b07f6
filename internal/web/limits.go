package web

import (
	"hash/maphash"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often passwords and codes may be tried. Counted by name and altogether,
// in memory; no address is looked at. Attempts of a browser that has been
// logged in under the name are counted by that browser alone.
const (
	triesBurst  = 10               // of one name, then
	triesEvery  = 6 * time.Second  // one more each
	allBurst    = 60               // of all names together, then
	allEvery    = time.Second      // one more each
	freeTries   = 3                // wrong ones without a pause; after that 1 s, 2 s, 4 s …
	longestWait = 30 * time.Second // … up to this: nobody is locked out for good
	limitSlots  = 1024
)

// limits slows guessing. Names that exist and names that do not are counted the
// same way, in a fixed number of slots chosen by a keyed hash, so that neither
// memory nor an answer tells them apart.
type limits struct {
	seed maphash.Seed

	mu    sync.Mutex
	all   *rate.Limiter
	slots [limitSlots]*slot
}

type slot struct {
	tries  *rate.Limiter
	failed int
	last   time.Time
}

func newLimits() *limits {
	return &limits{seed: maphash.MakeSeed(), all: rate.NewLimiter(rate.Every(allEvery), allBurst)}
}

func (l *limits) slot(name string) *slot {
	i := maphash.String(l.seed, strings.ToLower(cleanName(name))) % limitSlots
	if l.slots[i] == nil {
		l.slots[i] = &slot{tries: rate.NewLimiter(rate.Every(triesEvery), triesBurst)}
	}
	return l.slots[i]
}

// try counts an attempt as a wrong one until right is called, so that many at
// once gain nothing; apart: not among all. It returns how long to wait instead,
// or 0: go on.
func (l *limits) try(name string, apart bool, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.slot(name)
	if pause := s.pause(now); pause > 0 {
		return pause
	}
	if !s.tries.AllowN(now, 1) {
		return triesEvery
	}
	if !apart && !l.all.AllowN(now, 1) {
		return allEvery
	}
	s.failed, s.last = s.failed+1, now
	return 0
}

// pause is what is left of the growing delay.
func (s *slot) pause(now time.Time) time.Duration {
	if s.failed < freeTries {
		return 0
	}
	delay := longestWait
	if n := s.failed - freeTries; n < 5 {
		delay = time.Second << n
	}
	// A clock that was set back must not make the delay longer.
	return min(s.last.Add(delay).Sub(now), delay)
}

// right forgets the wrong attempts of a name.
func (l *limits) right(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.slot(name).failed = 0
}
