package door

import "sync/atomic"

// Stats are counts since the start, and who is here now.
type Stats struct {
	Connections int    // outside connections now, those at the handshake included
	Agents      int    // of these, agents that have come in
	Stores      int    // of these, stores that have come in
	Desks       int    // of these, engineers that have come in
	Accepted    uint64 // outside connections that reached the server
	Complaints  uint64 // what the embedded server had to say about connections
	Discarded   uint64 // times that the stream's files could not be used and were removed
	Refused     Refused
}

// Refused counts outside connections that did not come in, by reason.
type Refused struct {
	Accept     uint64 // the system could not accept
	Full       uint64 // more than MaxConns
	HalfOpen   uint64 // more connections of one source than may be at the handshake or greeting
	Handshake  uint64 // TLS failed or took too long; the log says why, by kind
	Credential uint64 // a wrong credential
	Name       uint64 // a name of wrong form, taken, or a second one
}

type counts struct {
	accepted, accept, full, handshake, credential, name, halfOpen, discarded atomic.Uint64
}

// Stats returns the counts.
func (d *Door) Stats() Stats {
	c := &d.counts
	agents, stores, desks := d.guests.here()
	return Stats{
		Connections: len(d.slots), Agents: agents, Stores: stores, Desks: desks, Accepted: c.accepted.Load(), Complaints: d.log.clients.Load(),
		Discarded: c.discarded.Load(),
		Refused: Refused{
			Accept: c.accept.Load(), Full: c.full.Load(), Handshake: c.handshake.Load(),
			Credential: c.credential.Load(), Name: c.name.Load(), HalfOpen: c.halfOpen.Load(),
		},
	}
}
