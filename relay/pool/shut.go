package pool

import "github.com/tacit-telemetry/tacit/schema/wire"

// Shut shuts the pool or opens it again. When it returns from shutting, what
// waited is dropped, and what was being passed on has been called back: only
// what the next hop is taking at this moment may still arrive there.
func (p *Pool) Shut(shut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = shut
	if !shut {
		return
	}
	p.trouble = trouble{}
	if p.abort != nil {
		p.abort()
	}
	stay := p.items[:0]
	for _, it := range p.items {
		if !p.refuses(it) {
			stay = append(stay, it)
			continue
		}
		p.hold(it, -1)
		p.stats.Shut++
	}
	clear(p.items[len(stay):]) // forgets them at once
	p.setWaiting(stay)
}

// refuses says whether a shut pool keeps the item from entering or leaving.
// Call with mu held.
func (p *Pool) refuses(it Item) bool { return p.shut && it.Class != wire.ClassUser }

// Retry ends the pause after the next hop refused: it is back.
func (p *Pool) Retry() {
	p.mu.Lock()
	p.trouble = trouble{}
	p.mu.Unlock()
	tell(p.retry)
}
