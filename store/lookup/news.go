package lookup

import (
	"context"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
)

// newsEvery is how often the store is asked whether there is more.
const newsEvery = time.Second

// reach is how far the pages of each day go.
type reach map[schema.Day]uint32

// reached returns how far the days of a walk go.
func (w *walk) reached() reach {
	out := reach{}
	for _, d := range w.days {
		out[d.keys.Day()] = d.next - d.misses
	}
	return out
}

// beyond says whether any day goes further than it did.
func (r reach) beyond(before reach) bool {
	for day, n := range r {
		if n > before[day] {
			return true
		}
	}
	return false
}

// await returns when the store has a page more than opt.After, or when opt.Wait is
// over. It asks for the last days only: what a host sends now is a page of today,
// by its own clock.
func await(ctx context.Context, asker Asker, days []page.DayKeys, opt Options) error {
	if opt.After == nil {
		return nil
	}
	var late []page.DayKeys
	for _, d := range days {
		if d.Day()+1 >= schema.DayOf(opt.Now) {
			late = append(late, d)
		}
	}
	over, tick := time.NewTimer(opt.Wait), time.NewTicker(newsEvery)
	defer over.Stop()
	defer tick.Stop()
	for {
		w := newWalk(asker, late)
		if err := w.run(ctx); err != nil {
			return err
		}
		if w.reached().beyond(opt.After.reach) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-over.C:
			return nil
		case <-tick.C:
		}
	}
}
