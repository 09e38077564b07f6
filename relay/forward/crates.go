package forward

import (
	"crypto/rand"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// crate is what one message to one group will carry.
type crate struct {
	group int
	items []pool.Item
}

// pack sorts items into crates, each for one group and within the bounds. The
// items of a group keep their order, which is the pool's random one.
func pack(items []pool.Item, groups int) []crate {
	var crates []crate
	open := make(map[int]int, groups) // by group, the index of the crate that is not full
	sizes := make(map[int]int, groups)
	for _, it := range items {
		g := wire.GroupOf(it.Partition, groups)
		size := wire.CrateLen(sizes[g], it.Envelope)
		i, ok := open[g]
		if !ok || size > wire.MaxCrateLen || len(crates[i].items) == wire.MaxCrateCount {
			crates = append(crates, crate{group: g})
			i = len(crates) - 1
			open[g] = i
			size = wire.CrateLen(0, it.Envelope)
		}
		sizes[g] = size
		crates[i].items = append(crates[i].items, it)
	}
	return crates
}

// message returns the crate as one message with a random ID, which serves
// nothing but our own tries.
func (c crate) message() *nats.Msg {
	envelopes := make([][]byte, len(c.items))
	for i, it := range c.items {
		envelopes[i] = it.Envelope
	}
	return &nats.Msg{
		Subject: wire.CrateSubject(c.group),
		Header:  nats.Header{nats.MsgIdHdr: {rand.Text()}},
		Data:    wire.MarshalCrate(envelopes),
	}
}
