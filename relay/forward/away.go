package forward

import (
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Bounds of the time after which senders come back whose replies were lost, at
// random: a little for one, and more for many, so that they come a few at a
// time.
const (
	leastBack     = time.Second
	spreadBack    = 20 * time.Second
	backPerSecond = 200
	mostBack      = 30 * time.Minute
)

// turnAway tells all who wait for replies over a way that has ended to send
// again later, instead of waiting in vain until their time is up.
func (s *senders) turnAway(over *way) {
	inboxes := s.drop(func(n *route) bool { return n.over == over })
	if len(inboxes) == 0 {
		return
	}
	spread := min(spreadBack+time.Duration(len(inboxes))*time.Second/backPerSecond, mostBack)
	for _, inbox := range inboxes {
		s.tell(inbox, wire.Hint{Code: wire.Later, Wait: (leastBack + rand.N(spread)).Truncate(time.Second)})
	}
	s.away.Add(uint64(len(inboxes)))
	s.log.Info("senders whose replies were lost were asked to send again", slog.Int("senders", len(inboxes)))
}

// passLater passes the next relay's word on that a reply will not come. It
// knows nothing of the sender, and the sender nothing of it.
func (s *senders) passLater(a wire.Attempt, h wire.Hint) {
	inbox, ok := s.take(a)
	if !ok {
		s.strays.Add(1)
		return
	}
	s.tell(inbox, h)
	s.away.Add(1)
}

// tell gives a sender a hint.
func (s *senders) tell(inbox string, h wire.Hint) {
	if err := s.agents.Publish(inbox, h.Marshal()); err != nil {
		s.log.Debug("a hint was not brought back")
	}
}
