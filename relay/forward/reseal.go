package forward

import (
	"log/slog"

	"github.com/tacit-telemetry/tacit/relay/pool"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Reseal is told which keys the store has destroyed, once the key list that says
// so is served. All whose envelopes are sealed to one of them, and wait for a
// reply that cannot come, are told to seal anew; so are those whose envelopes
// come from the pool later, which are not passed on. Gone is called until the
// next call of Reseal, with a lock held, so keep it quick.
func (f *Forward) Reseal(gone func(keyID uint32) bool) { f.senders.reseal(f.senders.renew(gone)) }

// Reseal is the same as for [Forward.Reseal].
func (c *Chain) Reseal(gone func(keyID uint32) bool) { c.senders.reseal(c.senders.renew(gone)) }

// expect waits for the replies to these items, and returns those that can be
// passed on: the others have a key that is gone.
func (s *senders) expect(items []pool.Item) []pool.Item {
	sound, gone := s.add(items)
	s.reseal(gone)
	return sound
}

// reseal tells senders that only they can help: no reply can come to what they
// sealed. All are told at once, because all need the new key list; how fast they
// come back is up to the gate, which takes what the pool has room for.
func (s *senders) reseal(inboxes []string) {
	if len(inboxes) == 0 {
		return
	}
	for _, inbox := range inboxes {
		s.tell(inbox, wire.Hint{Code: wire.Reseal})
	}
	s.resealed.Add(uint64(len(inboxes)))
	s.log.Info("senders were told to seal anew", slog.Int("senders", len(inboxes)))
}

// doomed is told by the next relay that an attempt has to be sealed anew. Its
// sender hears of it when this relay has asked for the key list; see fetchKeys.
func (c *Chain) doomed(a wire.Attempt) {
	if !c.senders.doom(a) {
		c.senders.strays.Add(1)
	}
	select {
	case c.stale <- struct{}{}:
	default: // told already
	}
}
