package lookup

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// place is where a page of an installation belongs.
type place struct {
	day *dayWalk
	n   uint32
}

// sealedPage is what the store has at a place.
type sealedPage struct {
	place
	order int // in which it came
	bytes []byte
}

// dayWalk is how far a day has been walked.
type dayWalk struct {
	keys   page.DayKeys
	next   uint32          // number to ask for next
	misses uint32          // numbers before it, in a row, without a page
	hits   map[uint32]bool // of the round that runs
}

// walk asks for the pages of days.
type walk struct {
	asker  Asker
	take   func(sealedPage) // gets each page; nil: how far the days go is all that matters
	days   []*dayWalk
	pages  int // that were found
	unread map[schema.Month]bool
}

func newWalk(asker Asker, days []page.DayKeys) *walk {
	w := &walk{asker: asker, unread: map[schema.Month]bool{}}
	for _, keys := range days {
		w.days = append(w.days, &dayWalk{keys: keys, hits: map[uint32]bool{}})
	}
	return w
}

// run asks in rounds until every day has ended.
func (w *walk) run(ctx context.Context) error {
	for places := w.round(); len(places) > 0; places = w.round() {
		shuffle(places)
		for chunk := range slices.Chunk(places, pages.MaxAsks) {
			if err := w.ask(ctx, chunk); err != nil {
				return err
			}
		}
		for _, d := range w.days {
			d.advance()
		}
	}
	return nil
}

// round returns the places to ask for next: of every day that has not ended as
// many as would end it.
func (w *walk) round() []place {
	var places []place
	for _, d := range w.days {
		for n := d.next; n < d.end(); n++ {
			places = append(places, place{day: d, n: n})
		}
	}
	return places
}

// end returns the number before which the day ends unless there are hits.
func (d *dayWalk) end() uint32 { return d.next + maxMisses - d.misses }

// advance counts the hits and misses of a round.
func (d *dayWalk) advance() {
	for end := d.end(); d.next < end; d.next++ {
		d.misses++
		if d.hits[d.next] {
			d.misses = 0
		}
	}
	clear(d.hits)
}

func (w *walk) ask(ctx context.Context, places []place) error {
	asks := make([]pages.Ask, len(places))
	for i, p := range places {
		asks[i] = pages.Ask{Day: p.day.keys.Day(), Tag: p.day.keys.Tag(p.n)}
	}
	unread, err := w.asker.Get(ctx, asks, func(f pages.Found) error {
		p := places[f.Index]
		p.day.hits[p.n] = true
		if w.take == nil {
			return nil
		}
		if w.pages++; w.pages > MaxPages {
			return fmt.Errorf("more than %d: %w", MaxPages, ErrTooMany)
		}
		w.take(sealedPage{place: p, order: w.pages, bytes: f.Page})
		return nil
	})
	for _, m := range unread {
		w.unread[m] = true
	}
	return err
}

// shuffle puts places in an order that says nothing about days and numbers.
func shuffle[T any](places []T) {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // crypto/rand.Read never returns an error
	rand.New(rand.NewChaCha8(seed)).Shuffle(len(places), func(i, j int) {
		places[i], places[j] = places[j], places[i]
	})
}
