package gate

import (
	"maps"
	"sync/atomic"
)

// Stats are counts since the start.
type Stats struct {
	Passed   uint64 // envelopes that went into the pool
	Bytes    uint64 // of these
	KeyLists uint64 // key lists served
	Policies uint64 // requests for the policy answered
	Refused  Refused
}

// Refused counts puts that did not pass, by reason.
type Refused struct {
	Form     uint64 // wrong outer form
	Oversize uint64 // longer than the largest envelope
	Key      uint64 // sealed to a key that the store has destroyed
	Off      uint64 // the site is off
	Unknown  uint64 // the site's decision is not known
	Quota    uint64 // over the connection's quota of the day
	Full     uint64 // no room in the pool
	Stranger uint64 // no inbox of a live connection
	Flood    uint64 // puts and gets that came faster than they could be looked at; unanswered
}

// ByReason returns the counts that are not zero under fixed words, as pages and
// metrics name them.
func (r Refused) ByReason() map[string]uint64 {
	by := map[string]uint64{
		"form": r.Form, "key": r.Key, "oversize": r.Oversize, "off": r.Off, "unknown": r.Unknown,
		"quota": r.Quota, "full": r.Full, "stranger": r.Stranger, "flood": r.Flood,
	}
	maps.DeleteFunc(by, func(_ string, n uint64) bool { return n == 0 })
	return by
}

// Total returns the sum of all reasons.
func (r Refused) Total() (n uint64) {
	for _, one := range r.ByReason() {
		n += one
	}
	return n
}

type counts struct {
	passed, bytes, keyLists, policies                        atomic.Uint64
	form, oversize, key, off, unknown, quota, full, stranger atomic.Uint64
}

// Stats returns the counts.
func (g *Gate) Stats() Stats {
	c := &g.counts
	g.mu.Lock()
	flood := g.droppedLocked()
	g.mu.Unlock()
	return Stats{
		Passed: c.passed.Load(), Bytes: c.bytes.Load(), KeyLists: c.keyLists.Load(), Policies: c.policies.Load(),
		Refused: Refused{
			Form: c.form.Load(), Oversize: c.oversize.Load(), Key: c.key.Load(), Off: c.off.Load(), Unknown: c.unknown.Load(),
			Quota: c.quota.Load(), Full: c.full.Load(), Stranger: c.stranger.Load(),
			Flood: uint64(flood),
		},
	}
}
