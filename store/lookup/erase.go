package lookup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// Erased is what a store says of an order to erase.
type Erased struct {
	Pages       int        `json:"pages"`          // that were there
	Open        int        `json:"open,omitempty"` // that were not there, and are kept if they come: see pages.Outcome
	ForgottenBy schema.Day `json:"forgotten_by"`   // day by which the brokers have forgotten too
}

// Eraser erases from a store: at most page.MaxErasures at a time. [Socket] is
// one, and what [Source] has when nobody holds the store.
type Eraser interface {
	Erase(ctx context.Context, items []page.Erasure) (Erased, error)
}

// eraseDays is how many days back an installation may have pages on disk, and a
// day for clocks.
const eraseDays = pages.MaxDays + 1

// Erase erases all pages of an installation. It looks which numbers each day
// has, as a lookup does, and erases these and as many more as a lookup goes on
// past the last one. held is who says it: [Source.Held], which knows the days
// that no lookup is shown any more. Tags and rights go to the store, shuffled; the ID does not.
// The store sees at that moment which tags belong together; the rows are gone
// then.
//
// A month that cannot be read is left out, and the error wraps [ErrUnread]: the
// others are erased then.
//
// A support code gives no right to it: [ErrCodeErases].
func Erase(ctx context.Context, held Asker, eraser Eraser, subject Subject, now time.Time) (Erased, error) {
	if subject.id == nil {
		return Erased{}, fmt.Errorf("erase by ID: %w", ErrCodeErases)
	}
	items, unread, err := erasuresOf(ctx, held, page.NewRoot(*subject.id), schema.DayOf(now))
	if err != nil {
		return Erased{}, fmt.Errorf("erase by ID: %w", err)
	}
	var all Erased
	for chunk := range slices.Chunk(items, page.MaxErasures) {
		one, err := eraser.Erase(ctx, chunk)
		all.Pages += one.Pages
		all.Open += one.Open
		all.ForgottenBy = max(all.ForgottenBy, one.ForgottenBy)
		if err != nil {
			return all, fmt.Errorf("erase by ID: %w", err)
		}
	}
	if len(unread) > 0 {
		return all, fmt.Errorf("erase by ID: %w: %v; the others are erased", ErrUnread, unread)
	}
	return all, nil
}

// erasuresOf returns what erases all pages of an installation, in an order that
// says nothing, and the months that could not be looked at.
func erasuresOf(ctx context.Context, held Asker, root page.Root, today schema.Day) ([]page.Erasure, []schema.Month, error) {
	var days []page.DayKeys
	for d := today - min(eraseDays, today); d <= today+1; d++ {
		days = append(days, root.Day(d))
	}
	w := newWalk(held, days)
	if err := w.run(ctx); err != nil {
		return nil, nil, err
	}
	var items []page.Erasure
	for _, d := range w.days {
		day := d.keys.Day()
		if w.unread[day.Month()] {
			continue
		}
		for n := range d.next { // the walk ends maxMisses after the last hit
			items = append(items, page.Erasure{Day: day, Tag: d.keys.Tag(n), Right: root.EraseRight(day, n)})
		}
	}
	shuffle(items)
	return items, slices.Sorted(maps.Keys(w.unread)), nil
}

// Erase implements [Eraser].
func (s *Socket) Erase(ctx context.Context, items []page.Erasure) (out Erased, err error) {
	b, _, err := s.post(ctx, "/v1/erase", page.MarshalErasures(items))
	if err != nil {
		return out, fmt.Errorf("ask store to erase: %w", err)
	}
	if err := json.Unmarshal(b, &out); err != nil {
		return out, errors.New("ask store to erase: its answer is not of this version")
	}
	return out, nil
}

// own erases from rows that this process holds.
type own struct {
	*pages.Eraser
	today calendar.Today
}

// Erase implements [Eraser].
func (o own) Erase(ctx context.Context, items []page.Erasure) (Erased, error) {
	done, err := o.Eraser.Erase(ctx, items)
	return Erased{Pages: done.Pages, Open: done.Open, ForgottenBy: pages.ForgottenBy(o.today.Day)}, err
}
