package forward

import (
	"container/list"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// routes remembers where the reply to an attempt goes, for a while, in memory
// only, and at most max of them.
type routes struct {
	max int
	age time.Duration

	mu        sync.Mutex
	byAttempt map[wire.Attempt]*list.Element
	oldest    *list.List // of *route, oldest first
	forgotten uint64
}

type route struct {
	attempt wire.Attempt
	inbox   string
	until   time.Time
	over    *way // what the envelope went over, and its reply would come; nil: it has not gone
}

// way is what envelopes went over: one connection to a next relay, or one
// stream. When it ends, the replies to them can come no more.
type way struct{ _ byte } // of some size, so that no two have one address

func newRoutes(max int, age time.Duration) *routes {
	return &routes{max: max, age: age, byAttempt: map[wire.Attempt]*list.Element{}, oldest: list.New()}
}

// add remembers routes. The same attempt again, from a sender that lost its
// connection, say, goes to the newer inbox.
func (r *routes) add(items []pool.Item) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	for i := range items {
		if e, ok := r.byAttempt[items[i].Attempt]; ok {
			r.remove(e)
		}
		for e := r.oldest.Front(); e != nil && (r.oldest.Len() >= r.max || r.expired(e, now)); e = r.oldest.Front() {
			r.remove(e)
			r.forgotten++
		}
		n := &route{attempt: items[i].Attempt, inbox: items[i].Inbox, until: now.Add(r.age)}
		r.byAttempt[n.attempt] = r.oldest.PushBack(n)
	}
}

// went books over what envelopes went that are safe at the next hop. A route
// whose reply was faster is gone, and stays so.
func (r *routes) went(items []pool.Item, over *way) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range items {
		if e, ok := r.byAttempt[items[i].Attempt]; ok {
			e.Value.(*route).over = over
		}
	}
}

// lost returns the inboxes that wait for replies over a way, and forgets them.
func (r *routes) lost(over *way) (inboxes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for e := r.oldest.Front(); e != nil; {
		next := e.Next()
		if n := e.Value.(*route); n.over == over {
			inboxes = append(inboxes, n.inbox)
			r.remove(e)
		}
		e = next
	}
	return inboxes
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
	return e.Value.(*route).inbox, true
}

func (r *routes) size() (waiting int, forgotten uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.byAttempt), r.forgotten
}

func (r *routes) remove(e *list.Element) {
	delete(r.byAttempt, e.Value.(*route).attempt)
	r.oldest.Remove(e)
}

func (r *routes) expired(e *list.Element, now time.Time) bool {
	return !now.Before(e.Value.(*route).until)
}
