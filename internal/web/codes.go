package web

import (
	"crypto/sha256"
	"slices"
	"sync"
	"time"
)

// Bounds of what is remembered of codes.
const (
	mostInvites = 16
	mostSpent   = 64
)

// What a code turned out to be.
type codeState int

const (
	codeUnknown codeState = iota
	codeGood
	codeExpired
	codeSpent
)

// codes are the one-time codes for new accounts, in memory: a restart ends
// them all.
type codes struct {
	mu    sync.Mutex
	live  []code
	spent [][sha256.Size]byte // latest last, so that a second use is told from a mistake
}

// replace makes a code and ends all others.
func (c *codes) replace(now time.Time) string {
	text, made := makeCode(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = []code{made}
	return text
}

// invite makes one more code; false when there are enough that are good.
func (c *codes) invite(now time.Time, roles []Role) (string, bool) {
	text, made := makeCode(now)
	made.roles = roles
	c.mu.Lock()
	defer c.mu.Unlock()
	c.live = slices.DeleteFunc(c.live, func(d code) bool { return !now.Before(d.expires) })
	if len(c.live) >= mostInvites {
		return "", false
	}
	c.live = append(c.live, made)
	return text, true
}

// look says what a code is without using it.
func (c *codes) look(typed string, now time.Time) codeState {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, state := c.find(hashCode(typed), now)
	return state
}

// use takes a good code away: of many that use one at once, one gets codeGood.
// giveBack undoes it when what the code was for could not be done.
func (c *codes) use(typed string, now time.Time) (taken code, state codeState, giveBack func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, state := c.find(hashCode(typed), now)
	if state != codeGood {
		return code{}, state, nil
	}
	taken = c.live[i]
	c.live = slices.Delete(c.live, i, i+1)
	c.spend(taken)
	return taken, state, func() { c.unuse(taken) }
}

func (c *codes) unuse(taken code) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.spent = slices.DeleteFunc(c.spent, func(h [sha256.Size]byte) bool { return h == taken.hash })
	c.live = append(c.live, taken)
}

// clear ends all codes.
func (c *codes) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, d := range c.live {
		c.spend(d)
	}
	c.live = nil
}

func (c *codes) spend(d code) {
	c.spent = append(c.spent, d.hash)
	if len(c.spent) > mostSpent {
		c.spent = slices.Delete(c.spent, 0, 1)
	}
}

func (c *codes) find(hash [sha256.Size]byte, now time.Time) (int, codeState) {
	for i, d := range c.live {
		switch {
		case !d.is(hash):
		case now.Before(d.expires):
			return i, codeGood
		default:
			return i, codeExpired
		}
	}
	if slices.Contains(c.spent, hash) {
		return -1, codeSpent
	}
	return -1, codeUnknown
}
