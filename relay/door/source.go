package door

import (
	"hash/maphash"
	"net"
	"net/netip"
	"sync"

	"github.com/tacit-telemetry/tacit/schema"
)

// Where connections come from is known in this file and in guests, as the
// prefix of a network, in memory, for as long as the connection lives. Others
// are given a number that says nothing without a key that is thrown away with
// the day.

// Bits of an address that name a network: what one customer or office has, as
// a rule.
const (
	bits4 = 24
	bits6 = 48
)

// halfOpenShare is the part of all connections that those of one source may
// hold before they have greeted; leastHalfOpen is never too many.
const (
	halfOpenShare = 8
	leastHalfOpen = 64
)

// prefixOf returns the network that a connection comes from; the zero prefix
// when it has no address.
func prefixOf(c net.Conn) netip.Prefix {
	tcp, ok := c.RemoteAddr().(*net.TCPAddr)
	if !ok {
		return netip.Prefix{}
	}
	addr, bits := tcp.AddrPort().Addr().Unmap().WithZone(""), bits4
	if addr.Is6() {
		bits = bits6
	}
	p, _ := addr.Prefix(bits) // the zero prefix for a zero address
	return p
}

// numbers gives networks numbers for one day.
type numbers struct {
	mu   sync.Mutex
	day  schema.Day
	seed maphash.Seed // of the day; never leaves this process
}

func (n *numbers) of(p netip.Prefix, day schema.Day) uint64 {
	n.mu.Lock()
	if day != n.day {
		n.day, n.seed = day, maphash.MakeSeed()
	}
	seed := n.seed
	n.mu.Unlock()
	return maphash.Comparable(seed, p)
}

// Source says by whom an agent's connection counts beside itself, on a day: the
// credential of a site that it came with, as its place in SiteCredentials from
// 1 on, or 0 for the channel's; and the network that it comes from, as a random
// number of that day. Both are 0 when no such agent is here.
func (d *Door) Source(name string, day schema.Day) (site int, network uint64) {
	d.guests.mu.RLock()
	h, ok := d.guests.live[name]
	d.guests.mu.RUnlock()
	if !ok || !h.agent() {
		return 0, 0
	}
	return h.site, d.numbers.of(h.from, day)
}
