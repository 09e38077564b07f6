package support

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// box is the mailbox of a day, as far as it was read.
type box struct {
	lookups []Lookup
	more    int           // notes beyond those that are read
	final   bool          // the day was over when it was read
	read    bool          // it was, if not for the last time
	reading chan struct{} // closed when who reads it has ended; nil: nobody does
}

// Lookup is one opening of this installation's history, as its note says.
type Lookup struct {
	At     time.Time // to the minute, by the clock of who opened it
	Ticket string    // "": none was named
	ByCode bool      // with a support code; false: with the ID
}

// Lookups are what is known of a span of days.
type Lookups struct {
	All    []Lookup     // in the order of time
	More   int          // notes beyond the bound of what is read of a day
	Unread []schema.Day // days of which no answer came yet
}

// Collect asks for the notes of the last days days, one of which is today, each by
// itself, and returns when they are read or cannot be. Days that somebody else
// collects are waited for.
func (s *Support) Collect(ctx context.Context, days int) error {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		failed error
	)
	first, today := s.span(days)
	for d := first; d <= today; d++ {
		reading, mine := s.begin(d)
		switch {
		case reading == nil: // it is read
		case mine:
			wg.Go(func() {
				err := s.read(ctx, d)
				mu.Lock()
				defer mu.Unlock()
				failed = errors.Join(failed, err)
			})
		default:
			wg.Go(func() {
				select {
				case <-reading:
				case <-ctx.Done():
				}
			})
		}
	}
	wg.Wait()
	return failed
}

// span returns the days that are asked for, both included.
func (s *Support) span(days int) (first, today schema.Day) {
	today = s.config.Sender.Today()
	days = max(1, min(days, MaxDays))
	return today - min(schema.Day(days-1), today), today
}

// begin takes a day to read; mine is false when somebody else does. A day that
// needs no reading has no channel.
func (s *Support) begin(d schema.Day) (reading chan struct{}, mine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[d]
	if b == nil {
		b = &box{}
		s.boxes[d] = b
	}
	switch {
	case b.final:
		return nil, false
	case b.reading != nil:
		return b.reading, false
	}
	b.reading = make(chan struct{})
	return b.reading, true
}

// read reads the mailbox of a day.
func (s *Support) read(ctx context.Context, d schema.Day) error {
	// A desk whose clock is a day behind still leaves notes of yesterday.
	over := d+1 < s.config.Sender.Today()
	lookups, more, err := s.readBox(ctx, d)
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.boxes[d]
	close(b.reading)
	b.reading = nil
	if err == nil {
		b.lookups, b.more, b.read, b.final = lookups, more, true, over
	}
	return err
}

// readBox asks until all notes of a day are read, or as many as are read of one:
// the newest then, and what came with the first answer.
func (s *Support) readBox(ctx context.Context, d schema.Day) (out []Lookup, more int, err error) {
	mailbox := s.config.Root.Mailbox(d)
	q := page.Inquiry{Box: mailbox.Tag(), Day: d}
	for asked := 1; ; asked++ {
		r, err := s.config.Sender.Ask(ctx, request(envelope.Ask, q.Box, q.Marshal()))
		if err != nil {
			return nil, 0, err
		}
		if r.Status != wire.Notes {
			return nil, 0, fmt.Errorf("%w: %s", ErrRefused, r.Status)
		}
		total, sealed, err := page.ParseNotes(r.Data)
		if err != nil || len(sealed) == 0 && int(q.Skip) < total {
			return nil, 0, errNotes
		}
		for _, b := range sealed {
			if n, err := mailbox.Open(b); err == nil { // what does not open nobody with the keys has left
				out = append(out, Lookup{At: d.Time().Add(time.Duration(n.Minute) * time.Minute), Ticket: n.Ticket, ByCode: n.ByCode})
			}
		}
		next := int(q.Skip) + len(sealed)
		if asked == 1 {
			newest := max(next, total-(maxReads-1)*page.NotesInReply)
			next, more = newest, newest-next
		}
		if next >= total || asked == maxReads {
			return out, more + max(0, total-next), nil
		}
		q.Skip = uint16(next)
	}
}

// Lookups returns what was collected of the last days days.
func (s *Support) Lookups(days int) Lookups {
	first, today := s.span(days)
	s.mu.Lock()
	defer s.mu.Unlock()
	var out Lookups
	for d := first; d <= today; d++ {
		b := s.boxes[d]
		if b == nil || !b.read || b.reading != nil {
			out.Unread = append(out.Unread, d)
		}
		if b != nil {
			out.All = append(out.All, b.lookups...)
			out.More += b.more
		}
	}
	slices.SortStableFunc(out.All, func(a, b Lookup) int { return a.At.Compare(b.At) })
	return out
}
