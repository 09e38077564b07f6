package pool

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Pool holds and mixes envelopes. Make one with New, let Run empty it, and end
// with Flush. Its methods may be called by several goroutines.
type Pool struct {
	cfg   Config
	wake  chan struct{} // told when the first item arrives
	retry chan struct{} // told when the next hop is back

	mu      sync.Mutex
	random  *rand.Rand
	items   []Item           // waiting
	held    share            // of all, those on their way included
	shares  map[string]share // of each connection
	flushAt time.Time        // of the next random flush; zero while nothing waits
	oldest  time.Time        // of the items that wait
	taken   time.Time        // when something was last taken
	shut    bool
	trouble trouble
	abort   context.CancelFunc // ends the passing on that goes on; nil: none does
	stats   Stats
}

// share is what somebody holds of the pool.
type share struct {
	items int
	bytes int64
}

// New returns an empty pool.
func New(cfg Config) *Pool {
	cfg = cfg.withDefaults()
	return &Pool{
		cfg:    cfg,
		wake:   make(chan struct{}, 1),
		retry:  make(chan struct{}, 1),
		random: rand.New(cfg.Random),
		shares: map[string]share{},
	}
}

// Add takes an item, or refuses with [ErrFull], [ErrShare], [ErrStuck] or
// [ErrShut].
func (p *Pool) Add(it Item) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	it.since = time.Now()
	if err := p.room(it); err != nil {
		return err
	}
	p.hold(it, 1)
	if len(p.items) == 0 {
		p.oldest = it.since
		p.drawFlush(it.since)
		tell(p.wake)
	}
	p.items = append(p.items, it)
	if it.since.Before(p.flushAt) && p.plenty(it.since) {
		p.flushAt = it.since
		tell(p.wake)
	}
	return nil
}

// room says why an item cannot be taken. Call with mu held.
func (p *Pool) room(it Item) error {
	n := int64(len(it.Envelope))
	mine := p.shares[it.Peer]
	switch {
	case p.refuses(it):
		return ErrShut
	case p.trouble.stuck(it.since):
		return ErrStuck
	case p.held.items+1 > p.cfg.MaxItems || p.held.bytes+n > p.cfg.MaxBytes:
		p.trouble.full(it.since)
		return ErrFull
	case p.cfg.MinPeers > 1 && (mine.items+1 > p.cfg.MaxItems/4 || mine.bytes+n > p.cfg.MaxBytes/4):
		return ErrShare
	}
	return nil
}

// plentyPause is the least time between two flushes of a pool that is half full.
const plentyPause = 50 * time.Millisecond

// plenty says whether the pool is half full: then the random time for a flush
// is not waited for, or a busy relay would pass on one pool a minute. What
// leaves is still a random half, of many connections. Call with mu held.
func (p *Pool) plenty(now time.Time) bool {
	return (2*len(p.items) >= p.cfg.MaxItems || 2*p.held.bytes >= p.cfg.MaxBytes) &&
		len(p.shares) >= p.cfg.MinPeers && now.Sub(p.taken) >= plentyPause
}

// tell wakes whoever waits on the channel, once.
func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // already told
	}
}

// Stats returns the counts.
func (p *Pool) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Items, s.Bytes, s.Stuck = p.held.items, p.held.bytes, p.trouble.stuck(time.Now())
	return s
}

// hold books one item in (sign 1) or out (sign -1). Call with mu held.
func (p *Pool) hold(it Item, sign int) {
	n := int64(sign) * int64(len(it.Envelope))
	p.held = share{p.held.items + sign, p.held.bytes + n}
	s := p.shares[it.Peer]
	s = share{s.items + sign, s.bytes + n}
	if s.items == 0 {
		delete(p.shares, it.Peer)
		return
	}
	p.shares[it.Peer] = s
}

// drawFlush draws when the next random flush is: after an exponential time,
// so that the time since the last one says nothing about the next, cut at four
// times the mean. Call with mu held.
func (p *Pool) drawFlush(now time.Time) {
	wait := min(p.random.ExpFloat64(), 4) * float64(p.cfg.FlushEvery)
	p.flushAt = now.Add(time.Duration(wait))
}

// mixed says whether enough connections contributed to what waits. Call with
// mu held.
func (p *Pool) mixed() bool {
	peers := make(map[string]struct{}, p.cfg.MinPeers)
	for i := range p.items {
		peers[p.items[i].Peer] = struct{}{}
		if len(peers) >= p.cfg.MinPeers {
			return true
		}
	}
	return false
}

// take removes what leaves now: a random half when its time has come and the
// pool is mixed, whatever waited MaxWait and what it leaves with, and what came
// back. What waited MaxWait leaves with a random half of a mixed pool, and with
// all of another: alone, its time would name who sent it. With all it is
// everything. Abort is called when the pool is shut before settle.
func (p *Pool) take(now time.Time, all bool, abort context.CancelFunc) (leave []Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.abort, p.taken = abort, now
	mixed := p.mixed()
	p.random.Shuffle(len(p.items), func(i, j int) { p.items[i], p.items[j] = p.items[j], p.items[i] })
	overdue, due := p.overdue(now), !now.Before(p.flushAt)
	if due {
		p.drawFlush(now)
	}
	half := 0
	switch {
	case mixed && (due || overdue):
		half = (len(p.items) + 1) / 2
	case overdue:
		half = len(p.items)
	}
	var stay []Item
	for i, it := range p.items {
		if !all && i >= half && !it.drawn && now.Sub(it.since) < p.cfg.MaxWait {
			stay = append(stay, it)
			continue
		}
		it.thin = it.thin || !it.drawn && !mixed
		it.drawn = true
		leave = append(leave, it)
	}
	p.setWaiting(stay)
	return leave
}

// overdue says whether something that was not drawn yet waited MaxWait. Call with
// mu held.
func (p *Pool) overdue(now time.Time) bool {
	return slices.ContainsFunc(p.items, func(it Item) bool { return !it.drawn && now.Sub(it.since) >= p.cfg.MaxWait })
}

// settle books what became of items that were taken: left come back to the
// head, unless they are too old, and the others are gone.
func (p *Pool) settle(now time.Time, taken, left []Item) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.abort = nil
	for _, it := range taken {
		p.hold(it, -1)
	}
	p.stats.Passed += uint64(len(taken) - len(left))
	p.stats.Thin += thin(taken) - thin(left)
	back := make([]Item, 0, len(left)+len(p.items))
	for _, it := range left {
		if p.refuses(it) {
			p.stats.Shut++
			continue
		}
		if now.Sub(it.since) >= p.cfg.MaxAge {
			p.stats.Dropped++
			continue
		}
		p.stats.Returned++
		p.hold(it, 1)
		back = append(back, it)
	}
	p.trouble.settle(now, len(back) > 0 && len(left) == len(taken))
	if len(back) > 0 {
		p.setWaiting(append(back, p.items...))
	}
}

// thin counts the items that left with little to hide among.
func thin(items []Item) (n uint64) {
	for i := range items {
		if items[i].thin {
			n++
		}
	}
	return n
}

// setWaiting sets what waits. Call with mu held.
func (p *Pool) setWaiting(items []Item) {
	p.items = items
	for i := range items {
		if i == 0 || items[i].since.Before(p.oldest) {
			p.oldest = items[i].since
		}
	}
}

// due returns when something may leave; false means that nothing waits.
func (p *Pool) due() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case len(p.items) == 0:
		return time.Time{}, false
	case p.items[0].drawn: // it came back
		return p.items[0].since, true
	}
	if overdue := p.oldest.Add(p.cfg.MaxWait); overdue.Before(p.flushAt) {
		return overdue, true
	}
	return p.flushAt, true
}
