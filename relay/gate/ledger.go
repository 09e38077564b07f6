package gate

import (
	"sync"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// ledger counts what each connection put today, and what those with one site's
// credential, and those of one network, put together.
type ledger struct {
	quota Quota
	peers Peers

	mu       sync.Mutex
	day      schema.Day
	used     map[string]usage
	sites    map[int]usage    // as many as there are credentials
	networks map[uint64]usage // at most maxNetworks, and one for all others
	prune    int              // size at which dead connections are swept out
}

type usage struct {
	envelopes, user int
	bytes           int64
}

const firstPrune = 1024

// maxNetworks bounds the networks that are counted by themselves. The others
// share one count, the last: a flood of addresses gets no quota of its own.
const (
	maxNetworks = 1 << 16
	otherwise   = 0
)

func newLedger(q Quota, peers Peers) *ledger {
	l := &ledger{quota: q, peers: peers, prune: firstPrune}
	l.begin(0)
	return l
}

// begin forgets the day before. Call with mu held, or alone.
func (l *ledger) begin(day schema.Day) {
	l.day, l.used, l.sites, l.networks = day, map[string]usage{}, map[int]usage{}, map[uint64]usage{}
}

// bill is one envelope, and for whom it counts.
type bill struct {
	peer    string
	site    int    // 0: no site's
	network uint64 // of the day
	class   wire.Class
	bytes   int
}

// allows says whether one more envelope is within the quotas; charge books it. A
// new day forgets the one before.
func (l *ledger) allows(day schema.Day, peer string, class wire.Class, bytes int) (b bill, ok bool) {
	b = bill{peer: peer, class: class, bytes: bytes}
	b.site, b.network = l.peers.Source(peer, day)
	l.mu.Lock()
	defer l.mu.Unlock()
	if day != l.day {
		l.begin(day)
	}
	if b.site != 0 && !l.quota.Site.allows(l.sites[b.site], bytes) || !l.quota.Network.allows(l.networks[l.counted(b.network)], bytes) {
		return b, false
	}
	u := l.used[peer]
	if class == wire.ClassUser {
		return b, u.user < l.quota.User
	}
	return b, u.envelopes < l.quota.Envelopes && u.bytes+int64(bytes) <= l.quota.Bytes
}

// allows says whether one more envelope of n bytes is within the sum.
func (s Sum) allows(u usage, n int) bool {
	return (s.Envelopes == 0 || u.envelopes < s.Envelopes) && (s.Bytes == 0 || u.bytes+int64(n) <= s.Bytes)
}

// counted returns under which number a network is counted. Call with mu held.
func (l *ledger) counted(network uint64) uint64 {
	if _, ok := l.networks[network]; !ok && len(l.networks) >= maxNetworks {
		return otherwise
	}
	return network
}

// charge books an envelope that passed.
func (l *ledger) charge(b bill) {
	l.mu.Lock()
	defer l.mu.Unlock()
	u := l.used[b.peer]
	if b.class == wire.ClassUser {
		u.user++
	} else {
		u = u.plus(b.bytes)
	}
	l.used[b.peer] = u
	if b.site != 0 {
		l.sites[b.site] = l.sites[b.site].plus(b.bytes)
	}
	if l.quota.Network != (Sum{}) {
		network := l.counted(b.network)
		l.networks[network] = l.networks[network].plus(b.bytes)
	}
	if len(l.used) > l.prune {
		l.sweep()
	}
}

func (u usage) plus(bytes int) usage {
	u.envelopes++
	u.bytes += int64(bytes)
	return u
}

// sweep forgets connections that are gone. The next one comes when the ledger
// has doubled, so it holds at most twice the live connections and its cost is
// spread. Call with mu held.
func (l *ledger) sweep() {
	for name := range l.used {
		if !l.peers.Live(name) {
			delete(l.used, name)
		}
	}
	l.prune = max(firstPrune, 2*len(l.used))
}
