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
	live   map[string]uint64     // and back
}

func newGuests() *guests {
	return &guests{
		conns: map[net.Conn]struct{}{},
		names: map[uint64]string{},
		live:  map[string]uint64{},
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

// name gives the connection its name. It is refused when another connection
// has it, or when this one has another: a new name would be a new quota.
func (g *guests) name(id uint64, name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	mine, ok := g.names[id]
	holder, taken := g.live[name]
	if !ok || mine != "" && mine != name || taken && holder != id {
		return false
	}
	g.names[id], g.live[name] = name, id
	return true
}

// leave forgets a connection and its name. The number is zero when it got none.
func (g *guests) leave(c net.Conn, id uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	delete(g.conns, c)
	if name := g.names[id]; name != "" {
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

// Live says whether a connection of this throw-away name is up.
func (d *Door) Live(name string) bool {
	d.guests.mu.RLock()
	defer d.guests.mu.RUnlock()
	_, ok := d.guests.live[name]
	return ok
}
