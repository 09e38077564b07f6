package local

import "sync"

// How many bytes of bodies may be in memory at once. Each is there until its
// request is answered. Bodies of at most freeBody take none of it: small
// requests are bounded by the connections that there may be, and nobody keeps
// them out.
const (
	freeBody     = 8 << 10
	maxRoom      = 4 << 20
	maxRoomOfOne = 2 << 20
)

// room is the memory that bodies share.
type room struct {
	mu   sync.Mutex
	used int
	of   map[caller]int
}

func newRoom() *room { return &room{of: map[caller]int{}} }

// take takes some, or nothing when that would be too much. It never waits.
func (m *room) take(who caller, bytes int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.used+bytes > maxRoom || m.of[who]+bytes > maxRoomOfOne {
		return false
	}
	m.used += bytes
	m.of[who] += bytes
	return true
}

// give gives back what was taken.
func (m *room) give(who caller, bytes int) {
	if bytes == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.used -= bytes
	if m.of[who] -= bytes; m.of[who] == 0 {
		delete(m.of, who)
	}
}
