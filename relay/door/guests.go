package door

import (
	"net"
	"sync"
)

// guests are the outside connections: the server's number of each, and the
// throw-away name once it has one.
type guests struct {
	mu     sync.RWMutex
	closed bool
	conns  map[net.Conn]struct{} // from accepting to the end
	names  map[uint64]string     // by the server's number; empty before the greeting
	live   map[string]holder     // and back
	stores int                   // how many of these are stores
}

// holder is who has a name.
type holder struct {
	id    uint64 // the server's number
	store bool   // from outside; else an agent
}

func newGuests() *guests {
	return &guests{
		conns: map[net.Conn]struct{}{},
		names: map[uint64]string{},
		live:  map[string]holder{},
	}
}

// enter books an accepted connection; false means that the door is stopping.
func (g *guests) enter(c net.Conn) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return false
	}
	g.conns[c] = struct{}{}
	return true
}

// number books under which number the server knows a connection.
func (g *guests) number(id uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.names[id] = ""
}

func (g *guests) knows(id uint64) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	_, ok := g.names[id]
	return ok
}

// named says whether a connection got its name.
type named uint8

const (
	nameGiven named = iota
	nameTaken       // another connection has it, or this one has another
	nameFull        // as many agents as may are here
)

// name gives the connection its name. A second one is refused: it would be a
// new quota. At most maxAgents agents have one at a time.
func (g *guests) name(id uint64, name string, store bool, maxAgents int) named {
	g.mu.Lock()
	defer g.mu.Unlock()
	mine, ok := g.names[id]
	h, taken := g.live[name]
	switch {
	case !ok || mine != "" && mine != name || taken && h != holder{id, store}:
		return nameTaken
	case taken:
		return nameGiven // the same greeting again
	case !store && len(g.live)-g.stores >= maxAgents:
		return nameFull
	}
	g.names[id], g.live[name] = name, holder{id, store}
	if store {
		g.stores++
	}
	return nameGiven
}

// leave forgets a connection and its name. The number is zero when it got none.
func (g *guests) leave(c net.Conn, id uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	if name := g.names[id]; name != "" {
		if g.live[name].store {
			g.stores--
		}
		delete(g.live, name)
	}
	delete(g.names, id)
}

func (g *guests) closeAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for c := range g.conns {
		_ = c.Close() // its owner sees the end and tidies up
	}
}

// here returns how many agents and stores have come in and not left.
func (g *guests) here() (agents, stores int) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.live) - g.stores, g.stores
}

// Live says whether an agent's connection of this throw-away name is up.
func (d *Door) Live(name string) bool {
	d.guests.mu.RLock()
	defer d.guests.mu.RUnlock()
	h, ok := d.guests.live[name]
	return ok && !h.store
}
