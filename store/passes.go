package store

import (
	"crypto/rand"
	"sync"
	"time"
)

// How long a pass lasts, which is longer than any lookup takes, and how many
// there are at a time: of more the oldest ends.
const (
	passTime  = 10 * time.Minute
	maxPasses = 256
)

// passes are of those who left a note: they may ask for pages. The zero value is
// ready.
type passes struct {
	mu    sync.Mutex
	given []pass // oldest first
}

type pass struct {
	word string
	ends time.Time
}

// give makes a pass.
func (p *passes) give() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.given) == maxPasses {
		p.given = p.given[1:]
	}
	fresh := pass{word: rand.Text(), ends: time.Now().Add(passTime)}
	p.given = append(p.given, fresh)
	return fresh.word
}

// holds says whether a pass was given and has not ended.
func (p *passes) holds(word string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, g := range p.given {
		if word != "" && g.word == word && time.Now().Before(g.ends) {
			return true
		}
	}
	return false
}
