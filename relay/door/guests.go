package door

import (
	"net"
	"net/netip"
	"sync"
)

// guests are the outside connections: the server's number of each, and the
// throw-away name once it has one.
type guests struct {
	maxHalfOpen int // of one network

	mu       sync.RWMutex
	closed   bool
	conns    map[net.Conn]netip.Prefix // from accepting to the end, and where from
	halfOpen map[netip.Prefix]int      // of these, those without a name yet
	names    map[uint64]caller         // by the server's number
	live     map[string]holder         // and back
	stores   int                       // how many of these are stores
	desks    int                       // how many are engineers
}

// caller is a connection that the server knows.
type caller struct {
	name string // "" before the greeting
	from netip.Prefix
}

// holder is who has a name.
type holder struct {
	id       uint64 // the server's number
	standing        // what it showed
	from     netip.Prefix
}

// standing is as what a connection comes in, by the credential that it shows.
type standing struct {
	store bool // from outside
	desk  bool // an engineer; neither: an agent
	site  int  // whose credential an agent has, from 1 on; 0: the channel's
}

func (s standing) agent() bool { return !s.store && !s.desk }

// count books one more, or one less, who is no agent. Call with mu held.
func (g *guests) count(as standing, by int) {
	switch {
	case as.store:
		g.stores += by
	case as.desk:
		g.desks += by
	}
}

func newGuests(maxConns int) *guests {
	return &guests{
		maxHalfOpen: max(leastHalfOpen, maxConns/halfOpenShare),
		conns:       map[net.Conn]netip.Prefix{},
		halfOpen:    map[netip.Prefix]int{},
		names:       map[uint64]caller{},
		live:        map[string]holder{},
	}
}

// entered says whether an accepted connection may go on.
type entered uint8

const (
	enteredIn entered = iota
	enteredClosed
	enteredHalfOpen // as many of this network as may are at the greeting
)

// enter books an accepted connection.
func (g *guests) enter(c net.Conn) entered {
	from := prefixOf(c)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case g.closed:
		return enteredClosed
	case g.halfOpen[from] >= g.maxHalfOpen:
		return enteredHalfOpen
	}
	g.conns[c] = from
	g.halfOpen[from]++
	return enteredIn
}

// number books under which number the server knows a connection.
func (g *guests) number(c net.Conn, id uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.names[id] = caller{from: g.conns[c]}
}

// greeted books that a connection of this network is not half open any more.
// Call with mu held.
func (g *guests) greeted(from netip.Prefix) {
	if g.halfOpen[from]--; g.halfOpen[from] <= 0 {
		delete(g.halfOpen, from)
	}
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
// new quota. At most maxAgents agents have one at a time, and [deskConns] engineers.
func (g *guests) name(id uint64, name string, as standing, maxAgents int) named {
	g.mu.Lock()
	defer g.mu.Unlock()
	mine, ok := g.names[id]
	h, taken := g.live[name]
	switch {
	case !ok || mine.name != "" && mine.name != name || taken && (h.id != id || h.standing != as):
		return nameTaken
	case taken:
		return nameGiven // the same greeting again
	case as.desk && g.desks >= deskConns, as.agent() && len(g.live)-g.stores-g.desks >= maxAgents:
		return nameFull
	}
	g.names[id], g.live[name] = caller{name, mine.from}, holder{id, as, mine.from}
	g.greeted(mine.from)
	g.count(as, 1)
	return nameGiven
}

// leave forgets a connection and its name. The number is zero when it got none.
func (g *guests) leave(c net.Conn, id uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	from, entered := g.conns[c]
	delete(g.conns, c)
	name := g.names[id].name
	delete(g.names, id)
	switch {
	case name != "":
		g.count(g.live[name].standing, -1)
		delete(g.live, name)
	case entered:
		g.greeted(from)
	}
}

func (g *guests) closeAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	for c := range g.conns {
		_ = c.Close() // its owner sees the end and tidies up
	}
}

// here returns how many agents, stores and engineers have come in and not left.
func (g *guests) here() (agents, stores, desks int) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return len(g.live) - g.stores - g.desks, g.stores, g.desks
}

// Live says whether an agent's connection of this throw-away name is up.
func (d *Door) Live(name string) bool {
	d.guests.mu.RLock()
	defer d.guests.mu.RUnlock()
	h, ok := d.guests.live[name]
	return ok && h.agent()
}
