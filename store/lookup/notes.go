package lookup

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/daybook"
)

// PassHeader carries the pass that a store gives for a note.
const PassHeader = "Tacit-Pass"

// Store is the store that a lookup asks: [Source] is one.
type Store interface {
	// Grant returns the grant of a support code that lives; ok is false when
	// there is none.
	Grant(ctx context.Context, tag page.Tag) (g page.Grant, ok bool, err error)
	// Leave leaves a note for the host and returns who is asked for its pages.
	Leave(ctx context.Context, l page.Letter) (Asker, error)
}

// Source asks one or the other.
var _ Store = (*Source)(nil)

// opened is what a subject opens: days, and the mailbox for the note about it.
type opened struct {
	days []page.DayKeys
	box  page.Mailbox
}

// open derives what the subject opens, of the days from first to last. For a
// support code the store is asked for its grant.
func (s Subject) open(ctx context.Context, store Store, first, last, today schema.Day) (o opened, err error) {
	switch {
	case s.id != nil:
		root := page.NewRoot(*s.id)
		for d := first; d <= last; d++ {
			o.days = append(o.days, root.Day(d))
		}
		o.box = root.Mailbox(today)
		return o, nil
	case s.code == nil:
		return o, ErrSubject
	}
	g, ok, err := store.Grant(ctx, s.code.Tag())
	if err != nil {
		return o, err
	}
	if !ok {
		return o, ErrNoCode
	}
	access, err := s.code.Open(g)
	if err != nil {
		return o, err
	}
	for _, d := range access.Days {
		if d.Day() >= first && d.Day() <= last {
			o.days = append(o.days, d)
		}
	}
	o.box = access.Boxes[0]
	for _, box := range access.Boxes[1:] { // the one of today, or the nearest
		if box.Day() <= today {
			o.box = box
		}
	}
	return o, nil
}

// leave leaves the note about this lookup, before there are any pages.
func (s Subject) leave(ctx context.Context, store Store, box page.Mailbox, opt Options) (Asker, error) {
	now := opt.Now.UTC()
	letter, err := box.Seal(page.Note{Minute: now.Hour()*60 + now.Minute(), Ticket: opt.Ticket, ByCode: s.ByCode()})
	if err != nil {
		return nil, err
	}
	return store.Leave(ctx, letter)
}

// Leave implements [Store].
func (s *Socket) Leave(ctx context.Context, l page.Letter) (Asker, error) {
	pass, _, err := s.post(ctx, "/v1/note", l.Marshal())
	if err != nil {
		return nil, fmt.Errorf("leave a note: %w", err)
	}
	with := *s
	with.pass = string(pass)
	return &with, nil
}

// Grant implements [Store].
func (s *Socket) Grant(ctx context.Context, tag page.Tag) (page.Grant, bool, error) {
	b, code, err := s.post(ctx, "/v1/grant", tag[:])
	if code == http.StatusNotFound {
		return page.Grant{}, false, nil
	}
	if err != nil {
		return page.Grant{}, false, fmt.Errorf("ask store for a grant: %w", err)
	}
	g, err := page.ParseGrant(b)
	return g, err == nil, err
}

// maxBookAnswer bounds what a store says of notes and grants, in bytes.
const maxBookAnswer = 64 << 10

// post asks the store's process.
func (s *Socket) post(ctx context.Context, path string, body []byte) (answer []byte, code int, err error) {
	err = answered(ctx, func(ctx context.Context) error {
		answer, code, err = s.postOnce(ctx, path, body)
		return err
	})
	return answer, code, err
}

func (s *Socket) postOnce(ctx context.Context, path string, body []byte) (answer []byte, code int, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://tacit"+path, bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	answer, err = io.ReadAll(io.LimitReader(resp.Body, maxBookAnswer))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("it answers %s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	return answer, resp.StatusCode, err
}

// ownBook is the daybook of a store that this process holds.
type ownBook struct {
	book  *daybook.Book
	pages Asker
}

// Leave implements [Store].
func (o ownBook) Leave(_ context.Context, l page.Letter) (Asker, error) {
	if err := o.book.Leave(l); err != nil {
		return nil, err
	}
	return o.pages, nil
}

// Grant implements [Store].
func (o ownBook) Grant(_ context.Context, tag page.Tag) (page.Grant, bool, error) {
	return o.book.Find(tag)
}

// checkTicket says what a ticket may be.
func checkTicket(ticket string) error {
	if err := (page.Note{Ticket: ticket}).Check(); err != nil {
		return fmt.Errorf("%w: at most %d letters, digits and signs, without accents", ErrTicket, page.MaxTicketLen)
	}
	return nil
}
