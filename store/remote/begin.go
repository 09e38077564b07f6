package remote

import (
	"context"
	"encoding/binary"
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/store/audit"
)

// begin begins a lookup, with its row in the audit log. The word is looked at
// first: what was recorded under an older one changes nothing here.
func (s *Service) begin(ctx context.Context, q *question) answer {
	ticket, reason, err := parseBegin(q.body)
	if err != nil {
		return deny("ticket or reason is too long")
	}
	why, taken := s.lookups.first(q)
	if !taken {
		return why
	}
	if ticket, err = audit.Clean(ticket, audit.MaxTicket, ""); err != nil {
		return deny("the ticket: " + err.Error())
	}
	if reason, err = audit.Clean(reason, audit.MaxReason, ""); err != nil {
		return deny("the reason: " + err.Error())
	}
	if ticket == "" || reason == "" {
		return deny("ticket and reason are required")
	}
	s.beginning.Lock()
	defer s.beginning.Unlock()
	limit, err := s.cfg.Audit.Over(ctx, rowOf(q.engineer), s.cfg.Now())
	if err != nil {
		return s.unwritten(err)
	}
	if limit != nil {
		return answer{tooMany, limitData(limit)}
	}
	row, err := s.cfg.Audit.Begin(ctx, audit.Entry{By: rowOf(q.engineer), From: audit.NATS, Act: audit.Opened, Ticket: ticket, Reason: reason})
	if err != nil {
		return s.unwritten(err)
	}
	w := s.lookups.begin(q.engineer, row)
	return answer{ok, w[:]}
}

// end writes how a lookup ended. One whose end cannot be written goes on, and is
// ended later.
func (s *Service) end(ctx context.Context, r *running, q *question) answer {
	how, err := parseEnd(q.body)
	if err != nil {
		return deny("it is no outcome")
	}
	if err := s.cfg.Audit.End(ctx, r.row, rowOf(r.engineer), audit.NATS, how); err != nil {
		return s.unwritten(err)
	}
	s.lookups.drop(q.word)
	return answer{status: ok}
}

func (s *Service) unwritten(err error) answer {
	s.cfg.Logger.Error("the audit log takes nothing, and nothing is opened", slog.Any("error", err))
	return answer{status: unwritten}
}

// deny refuses, and says why in words that repeat nothing.
func deny(why string) answer { return answer{denied, []byte(why)} }

func limitData(l *audit.Limit) []byte {
	b := binary.BigEndian.AppendUint16(nil, uint16(l.Most))
	return binary.BigEndian.AppendUint32(b, uint32(l.Of/time.Second))
}
