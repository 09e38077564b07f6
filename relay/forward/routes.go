package forward

import (
	"container/list"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// routes remembers where the reply to an attempt goes, for a while, in memory
// only, and at most max of them.
type routes struct {
	max int
	age time.Duration

	mu        sync.Mutex
	byAttempt map[wire.Attempt]*list.Element
	oldest    *list.List // of route, oldest first
	forgotten uint64
}

type route struct {
	attempt wire.Attempt
	inbox   string
	until   time.Time
}

func newRoutes(max int, age time.Duration) *routes {
	return &routes{max: max, age: age, byAttempt: map[wire.Attempt]*list.Element{}, oldest: list.New()}
}

// add remembers a route. The same attempt again, from a sender that lost its
// connection, say, goes to the newer inbox.
func (r *routes) add(a wire.Attempt, inbox string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if e, ok := r.byAttempt[a]; ok {
		r.remove(e)
	}
	for e := r.oldest.Front(); e != nil && (r.oldest.Len() >= r.max || r.expired(e, now)); e = r.oldest.Front() {
		r.remove(e)
		r.forgotten++
	}
	r.byAttempt[a] = r.oldest.PushBack(route{attempt: a, inbox: inbox, until: now.Add(r.age)})
}

// take returns the inbox for a reply and forgets it.
func (r *routes) take(a wire.Attempt) (inbox string, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.byAttempt[a]
	if !ok {
		return "", false
	}
	r.remove(e)
	if r.expired(e, time.Now()) {
		r.forgotten++
		return "", false
	}
	return e.Value.(route).inbox, true
}

func (r *routes) size() (waiting int, forgotten uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byAttempt), r.forgotten
}

func (r *routes) remove(e *list.Element) {
	delete(r.byAttempt, e.Value.(route).attempt)
	r.oldest.Remove(e)
}

func (r *routes) expired(e *list.Element, now time.Time) bool {
	return !now.Before(e.Value.(route).until)
}
