package ingest

import (
	"fmt"
	"log/slog"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// maxReplies is how many replies go into one message, if the server takes
// messages that long.
const maxReplies = 2048

// finish replies for the crates whose outcome is on disk and acknowledges
// them. Those for which there was no room come again after a while, and nothing of
// them is answered.
func (in *Ingest) finish(g *group) {
	var done []*crate
	var replies []wire.Routed
	for _, c := range g.crates {
		if c.retry {
			if err := c.msg.NakWithDelay(busyDelay); err != nil {
				in.log.Warn("hand a crate back", slog.Any("error", err)) // it comes again all the same
			}
			continue
		}
		done = append(done, c)
		replies = in.appendReplies(replies, c, g.today.Day)
	}
	if err := in.publish(replies); err != nil {
		in.log.Error("reply", slog.Any("error", err))
		return // not acknowledged: the crates come again, and are answered as repeats
	}
	for _, c := range done {
		for i := range c.opened {
			if j := &c.opened[i]; j.status != unanswered {
				in.counts.answered(j)
			}
		}
		if err := c.msg.Ack(); err != nil {
			in.log.Warn("acknowledge a crate", slog.Any("error", err))
		}
	}
}

func (in *Ingest) appendReplies(replies []wire.Routed, c *crate, today schema.Day) []wire.Routed {
	for _, j := range c.opened {
		if j.status == unanswered {
			continue
		}
		sealed, err := envelope.SealReply(j.key, j.attempt, envelope.Reply{Status: j.status, Day: today, Batch: j.batch, Data: j.data})
		if err != nil {
			in.log.Error("seal a reply", slog.Any("error", err)) // the agent sends again
			continue
		}
		replies = append(replies, wire.Routed{Attempt: j.attempt, Reply: sealed})
	}
	return replies
}

// publish sends replies in as many messages as the server's limit makes
// necessary.
func (in *Ingest) publish(replies []wire.Routed) error {
	one := len(wire.MarshalReplies(make([]wire.Routed, 1)))
	fit := max(1, min(maxReplies, int(in.cfg.Conn.MaxPayload())/one))
	for len(replies) > 0 {
		n := min(fit, len(replies))
		if err := in.cfg.Conn.Publish(wire.SubjectReply, wire.MarshalReplies(replies[:n])); err != nil {
			return fmt.Errorf("publish %d replies: %w", n, err)
		}
		replies = replies[n:]
	}
	return nil
}
