package ingest

import (
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// Book keeps grants and notes: [daybook.Book] does. What it confirms is synced,
// and the same again changes nothing.
type Book interface {
	// Grant says what to answer; 0: nothing now.
	Grant(g page.Grant) (wire.Status, error)
	Leave(l page.Letter) error
	Notes(q page.Inquiry) (total int, notes [][]byte, err error)
}

// judgeBook takes what is for the daybook, if it is of the envelope's partition;
// what hosts send of it is a user's own. It is done later.
func judgeBook(j judged, s *sealed) judged {
	var tag page.Tag
	var do func(*judged, Book) error
	switch s.Kind {
	case envelope.Grant:
		g, err := page.ParseGrant(s.Payload)
		if err != nil || s.Class != wire.ClassUser {
			return j
		}
		tag, do = g.Tag, func(j *judged, b Book) (err error) { j.status, err = b.Grant(g); return err }
	case envelope.Note:
		l, err := page.ParseLetter(s.Payload)
		if err != nil {
			return j
		}
		tag, do = l.Box, func(j *judged, b Book) error { j.status = wire.Done; return b.Leave(l) }
	case envelope.Ask:
		q, err := page.ParseInquiry(s.Payload)
		if err != nil || s.Class != wire.ClassUser {
			return j
		}
		tag, do = q.Box, func(j *judged, b Book) error { return j.tellNotes(b, q) }
	}
	if wire.PartitionOf(tag) == s.Partition {
		j.book = do
	}
	return j
}

// tellNotes answers a question for notes.
func (j *judged) tellNotes(b Book, q page.Inquiry) error {
	total, notes, err := b.Notes(q)
	j.status, j.data = wire.Notes, page.MarshalNotes(total, notes)
	return err
}

// book does what the group wants of the daybook. What fails has no answer: its
// sender asks again, and meanwhile it holds up nobody else's crate.
func (in *Ingest) book(g *group) {
	for _, c := range g.crates {
		for i := range c.opened {
			j := &c.opened[i]
			if j.book == nil || c.retry {
				continue
			}
			err := j.book(j, in.cfg.Book)
			switch {
			case err != nil:
				in.troubled("keep what is of a day", err)
				j.status, j.data = unanswered, nil
			case j.status == unanswered:
				in.counts.add(reasonClock)
			}
		}
	}
}
