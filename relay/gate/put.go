package gate

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func (g *Gate) onPut(m *nats.Msg) {
	peer, ok := peerOf(m.Reply, g.cfg.Peers)
	if !ok {
		g.counts.stranger.Add(1)
		return
	}
	g.answer(m.Reply, g.judge(peer, m.Reply, m.Data).Marshal())
}

// judge checks one put in the fixed order form, decision, key, quota, pool, and
// counts the outcome.
func (g *Gate) judge(peer, inbox string, data []byte) wire.Hint {
	e, err := wire.ParseEnvelope(data)
	if err != nil {
		if len(data) > wire.MaxEnvelopeLen {
			g.counts.oversize.Add(1)
		} else {
			g.counts.form.Add(1)
		}
		return wire.Hint{Code: wire.Reseal}
	}
	if e.Class != wire.ClassUser && !g.open() {
		return wire.Hint{Code: wire.Off}
	}
	if g.Gone(e.KeyID) {
		g.counts.key.Add(1)
		return wire.Hint{Code: wire.Reseal}
	}
	now := g.cfg.Now()
	bill, ok := g.ledger.allows(schema.DayOf(now), peer, e.Class, len(data))
	if !ok {
		g.counts.quota.Add(1)
		return later(untilTomorrow(now) + rand.N(time.Hour))
	}
	item := pool.Item{Peer: peer, Inbox: inbox, Attempt: e.Attempt, KeyID: e.KeyID, Partition: e.Partition, Class: e.Class, Envelope: data}
	err = g.cfg.Pool.Add(item)
	if errors.Is(err, pool.ErrShut) { // the site refused while we looked
		g.counts.off.Add(1)
		return wire.Hint{Code: wire.Off}
	}
	if err != nil {
		g.counts.full.Add(1)
		return later(g.cfg.Pool.Later())
	}
	g.ledger.charge(bill)
	g.counts.passed.Add(1)
	g.counts.bytes.Add(uint64(len(data)))
	return wire.Hint{Code: wire.Queued}
}

// open asks for the site's decision and counts a refusal.
func (g *Gate) open() bool {
	switch g.cfg.Decide() {
	case On:
		return true
	case Off:
		g.counts.off.Add(1)
	default:
		g.counts.unknown.Add(1)
	}
	return false
}

// later returns the hint to wait, in whole seconds and within its bound. The
// callers add a random part, so that not everybody returns at once.
func later(wait time.Duration) wire.Hint {
	wait = min(max(wait, time.Second), wire.MaxLater)
	return wire.Hint{Code: wire.Later, Wait: wait.Truncate(time.Second)}
}

func untilTomorrow(now time.Time) time.Duration {
	return (schema.DayOf(now) + 1).Time().Sub(now)
}
