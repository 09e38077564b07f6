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
	gone      func(keyID uint32) bool // says which keys open no more; nil: none of them is known
	byAttempt map[wire.Attempt]*list.Element
	oldest    *list.List // of *route, oldest first
	forgotten uint64
}

type route struct {
	attempt wire.Attempt
	inbox   string
	until   time.Time
	over    *way   // what the envelope went over, and its reply would come; nil: it has not gone
	key     uint32 // that the envelope is sealed to
	doomed  bool   // the next relay said that the key is gone
}

// way is what envelopes went over: one connection to a next relay, or one
// stream. When it ends, the replies to them can come no more.
type way struct{ _ byte } // of some size, so that no two have one address

func newRoutes(max int, age time.Duration) *routes {
	return &routes{max: max, age: age, byAttempt: map[wire.Attempt]*list.Element{}, oldest: list.New()}
}

// add remembers the routes of those items whose key is not gone, and returns
// them and the inboxes of the others. The same attempt again, from a sender that
// lost its connection, say, goes to the newer inbox.
func (r *routes) add(items []pool.Item) (sound []pool.Item, gone []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	sound, gone = r.part(items)
	now := time.Now()
	for i := range sound {
		r.addOne(&sound[i], now)
	}
	return sound, gone
}

// part parts items by whether their key is gone, and returns the inboxes of
// those for which it is. Call with mu held.
func (r *routes) part(items []pool.Item) (sound []pool.Item, gone []string) {
	if r.gone == nil {
		return items, nil
	}
	sound = make([]pool.Item, 0, len(items))
	for i := range items {
		if r.gone(items[i].KeyID) {
			gone = append(gone, items[i].Inbox)
		} else {
			sound = append(sound, items[i])
		}
	}
	return sound, gone
}

// addOne remembers one route. Call with mu held.
func (r *routes) addOne(it *pool.Item, now time.Time) {
	if e, ok := r.byAttempt[it.Attempt]; ok {
		r.remove(e)
	}
	for e := r.oldest.Front(); e != nil && (r.oldest.Len() >= r.max || r.expired(e, now)); e = r.oldest.Front() {
		r.remove(e)
		r.forgotten++
	}
	n := &route{attempt: it.Attempt, inbox: it.Inbox, until: now.Add(r.age), key: it.KeyID}
	r.byAttempt[n.attempt] = r.oldest.PushBack(n)
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

// renew says which keys are gone from now on. It returns the inboxes that wait
// for replies to what is sealed to these, and forgets them.
func (r *routes) renew(gone func(keyID uint32) bool) (inboxes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gone = gone
	return r.dropLocked(func(n *route) bool { return gone(n.key) })
}

// doom books that the next relay says that an attempt's key is gone, and says
// whether anybody waits for its reply.
func (r *routes) doom(a wire.Attempt) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	e, ok := r.byAttempt[a]
	if ok {
		e.Value.(*route).doomed = true
	}
	return ok
}

// takeDoomed returns the inboxes of the routes of which doom was told, and
// forgets them.
func (r *routes) takeDoomed() (inboxes []string) {
	return r.drop(func(n *route) bool { return n.doomed })
}

// drop returns the inboxes of the routes that match, and forgets them.
func (r *routes) drop(match func(*route) bool) (inboxes []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.dropLocked(match)
}

// dropLocked is drop. Call with mu held.
func (r *routes) dropLocked(match func(*route) bool) (inboxes []string) {
	for e := r.oldest.Front(); e != nil; {
		next := e.Next()
		if n := e.Value.(*route); match(n) {
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
