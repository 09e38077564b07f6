package upload

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/schema"
)

// choose returns the batches of the next turn, of those that do not wait for
// somebody's yes: pages that have a place already, which others want, then what
// holds errors, then the rest, of each the newest first. Of what a host that was
// away for weeks has to tell, the newest is worth most, and the oldest goes
// first when the spool is full. Within the turn the order is random.
func (u *Uploader) choose(waits map[schema.BatchID]bool) []spool.Batch {
	pending := u.config.Spool.Pending()
	slices.Reverse(pending)
	slices.SortStableFunc(pending, func(a, b spool.Batch) int { return turnOf(a) - turnOf(b) })
	var out []spool.Batch
	pages := 0
	for _, b := range pending {
		if len(out) == maxTurn {
			break
		}
		if waits[b.ID] {
			continue
		}
		if b.Kind == pageKind {
			if pages++; pages > maxAssigned {
				continue
			}
		}
		out = append(out, b)
	}
	rand.Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

// turnOf says what goes before what.
func turnOf(b spool.Batch) int {
	switch {
	case b.Page != nil:
		return 0
	case b.Urgent:
		return 1
	}
	return 2
}

// delaysIn returns when each of n envelopes leaves: at a random moment in the
// first half of a slot of its own, so that no two leave together, a page and a
// fragment least of all. The slots begin at a random moment too: a thousand
// hosts whose site was turned on at the same second do not beat in time.
func delaysIn(window time.Duration, n int) []time.Duration {
	out := make([]time.Duration, n)
	slot := window / time.Duration(n+1)
	if slot < 2 {
		return out
	}
	begin := rand.N(slot)
	for i := range out {
		out[i] = begin + time.Duration(i)*slot + rand.N(slot/2)
	}
	return out
}
