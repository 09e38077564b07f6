package gate

import "sync/atomic"

// Stats are counts since the start.
type Stats struct {
	Passed   uint64 // envelopes that went into the pool
	Bytes    uint64 // of these
	KeyLists uint64 // key lists served
	Refused  Refused
}

// Refused counts puts that did not pass, by reason.
type Refused struct {
	Form     uint64 // wrong outer form
	Oversize uint64 // longer than the largest envelope
	Off      uint64 // the site is off
	Unknown  uint64 // the site's decision is not known
	Quota    uint64 // over the connection's quota of the day
	Full     uint64 // no room in the pool
	Stranger uint64 // no inbox of a live connection
	Flood    uint64 // puts and gets that came faster than they could be looked at; unanswered
}

type counts struct {
	passed, bytes, keyLists                             atomic.Uint64
	form, oversize, off, unknown, quota, full, stranger atomic.Uint64
}

// Stats returns the counts.
func (g *Gate) Stats() Stats {
	c := &g.counts
	g.mu.Lock()
	flood := g.droppedLocked()
	g.mu.Unlock()
	return Stats{
		Passed: c.passed.Load(), Bytes: c.bytes.Load(), KeyLists: c.keyLists.Load(),
		Refused: Refused{
			Form: c.form.Load(), Oversize: c.oversize.Load(), Off: c.off.Load(), Unknown: c.unknown.Load(),
			Quota: c.quota.Load(), Full: c.full.Load(), Stranger: c.stranger.Load(),
			Flood: uint64(flood),
		},
	}
}
