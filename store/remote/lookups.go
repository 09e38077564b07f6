package remote

import (
	"crypto/rand"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// running is a lookup that was begun and has not ended.
type running struct {
	engineer string
	row      int    // in the audit log
	number   uint32 // of the last question
	noted    bool   // a note was left for the host
	asking   bool   // a question is being answered
	last     time.Time
	all      []byte // the population that is being told
}

// lookups are those that run, and the word under which the next begin.
type lookups struct {
	now func() time.Time

	mu    sync.Mutex
	word  word
	since time.Time               // of the word; zero: there is none yet
	seen  map[schema.BatchID]bool // questions to begin, under the word
	by    map[word]*running
}

// turn makes a new word when the old one is over. What was asked under that
// is refused by the word alone. Call with mu held.
func (l *lookups) turn() {
	now := l.now()
	if !l.since.IsZero() && now.Sub(l.since) < wordLife && len(l.seen) < maxSeen {
		return
	}
	l.word, l.since, l.seen = newWord(), now, map[schema.BatchID]bool{}
}

func newWord() (w word) {
	_, _ = rand.Read(w[:]) // crypto/rand.Read never returns an error
	return w
}

// first takes a question to begin, once. Otherwise the answer says why not.
func (l *lookups) first(q *question) (why answer, taken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn()
	switch {
	case q.word != l.word:
		return answer{otherWord, l.word[:]}, false
	case l.seen[q.nonce]:
		return answer{status: ended}, false
	}
	l.seen[q.nonce] = true
	own := 0
	for _, r := range l.by {
		if r.engineer == q.engineer {
			own++
		}
	}
	if len(l.by) >= maxLookups || own >= maxOwn {
		return answer{status: busy}, false
	}
	return answer{}, true
}

// begin keeps a lookup and returns its word.
func (l *lookups) begin(engineer string, row int) word {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := newWord()
	l.by[w] = &running{engineer: engineer, row: row, last: l.now()}
	return w
}

// take takes the next question of a lookup, one at a time; nil: there is no such
// lookup of his, or it had that question. It is given back with asked.
func (l *lookups) take(q *question) *running {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.by[q.word]
	if r == nil || r.engineer != q.engineer || q.number <= r.number || r.asking {
		return nil
	}
	r.number, r.asking = q.number, true
	return r
}

// asked gives back a lookup whose question was answered.
func (l *lookups) asked(r *running) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.asking, r.last = false, l.now()
}

// unended gives back one that is over, to be ended later.
func (l *lookups) unended(r *running) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r.asking = false
}

// drop forgets a lookup that has ended.
func (l *lookups) drop(w word) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.by, w)
}

// over takes the lookups without a question for too long, or all, so that nobody
// ends them meanwhile. Drop them, or give them back.
func (l *lookups) over(all bool) map[word]*running {
	l.mu.Lock()
	defer l.mu.Unlock()
	gone := map[word]*running{}
	for w, r := range l.by {
		if all || !r.asking && l.now().Sub(r.last) > lookupLife {
			r.asking = true
			gone[w] = r
		}
	}
	return gone
}
