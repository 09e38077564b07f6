package gate

import (
	"sync"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// ledger counts what each connection put today.
type ledger struct {
	quota Quota
	live  func(name string) bool

	mu    sync.Mutex
	day   schema.Day
	used  map[string]usage
	prune int // size at which dead connections are swept out
}

type usage struct {
	envelopes, user int
	bytes           int64
}

const firstPrune = 1024

func newLedger(q Quota, live func(string) bool) *ledger {
	return &ledger{quota: q, live: live, used: map[string]usage{}, prune: firstPrune}
}

// allows says whether one more envelope of n bytes is within the quota. A new
// day forgets the one before.
func (l *ledger) allows(day schema.Day, peer string, class wire.Class, n int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if day != l.day {
		l.day = day
		clear(l.used)
	}
	u := l.used[peer]
	if class == wire.ClassUser {
		return u.user < l.quota.User
	}
	return u.envelopes < l.quota.Envelopes && u.bytes+int64(n) <= l.quota.Bytes
}

// charge books an envelope that passed.
func (l *ledger) charge(peer string, class wire.Class, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.used[peer]
	if class == wire.ClassUser {
		u.user++
	} else {
		u.envelopes++
		u.bytes += int64(n)
	}
	l.used[peer] = u
	if len(l.used) > l.prune {
		l.sweep()
	}
}

// sweep forgets connections that are gone. The next one comes when the ledger
// has doubled, so it holds at most twice the live connections and its cost is
// spread. Call with mu held.
func (l *ledger) sweep() {
	for name := range l.used {
		if !l.live(name) {
			delete(l.used, name)
		}
	}
	l.prune = max(firstPrune, 2*len(l.used))
}
