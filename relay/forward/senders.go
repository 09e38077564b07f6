package forward

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/schema/wire"
)

// senders are the agents, and relays before this one, who wait for replies.
type senders struct {
	*routes
	agents                          *nats.Conn
	log                             *slog.Logger
	replies, strays, away, resealed atomic.Uint64
}

// newSenders takes the defaults for zeroes.
func newSenders(agents *nats.Conn, maxRoutes int, age time.Duration, log *slog.Logger) *senders {
	if maxRoutes == 0 {
		maxRoutes = defaultMaxRoutes
	}
	if age == 0 {
		age = defaultRouteAge
	}
	return &senders{routes: newRoutes(maxRoutes, age), agents: agents, log: log}
}

// bring brings a reply to the inbox of its sender, if one waits here.
func (s *senders) bring(a wire.Attempt, reply []byte) {
	inbox, ok := s.take(a)
	if !ok {
		s.strays.Add(1)
		return
	}
	if err := s.agents.Publish(inbox, reply); err != nil {
		s.log.Debug("a reply was not brought back", slog.Any("error", err))
		return
	}
	s.replies.Add(1)
}

// stats returns s with the counts of replies.
func (s *senders) stats(out Stats) Stats {
	out.Replies, out.Strays, out.Away, out.Resealed = s.replies.Load(), s.strays.Load(), s.away.Load(), s.resealed.Load()
	out.Waiting, out.Forgotten = s.size()
	return out
}
