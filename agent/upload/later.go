package upload

import (
	"sync"
	"time"
)

// later is how long a relay asked to be left alone. It is over when either the
// host's clock or the time that only runs on says so: a clock that is set back
// must not make the wait longer, nor a host that sleeps. The zero value is over.
type later struct {
	mu      sync.Mutex
	wall    time.Time // by the host's clock
	running time.Time // by the monotonic clock
}

// ask notes that the relay asked for a wait from now on. One that ends before an
// earlier one is not noted.
func (l *later) ask(now time.Time, wait time.Duration) {
	if wait <= l.left(now) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wall, l.running = now.Round(0).Add(wait), time.Now().Add(wait)
}

// left returns how much of the wait is left; 0 or less: it is over.
func (l *later) left(now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return min(l.wall.Sub(now.Round(0)), time.Until(l.running))
}

// forget ends the wait.
func (l *later) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wall, l.running = time.Time{}, time.Time{}
}
