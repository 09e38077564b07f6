package pages

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

// Reader reads rows: [db.DB] does.
type Reader interface {
	Keys(m schema.Month) (db.MonthKeys, error)
	Scan(ctx context.Context, m schema.Month, t db.Table, prefix []byte, each func(key, value []byte) error) error
}

var _ Reader = (*db.DB)(nil)

// Ask names the pages of one tag.
type Ask struct {
	Day schema.Day
	Tag page.Tag
}

// Found is one page.
type Found struct {
	Index int    // of the Ask that it answers
	Page  []byte // as page.Parse reads it; the receiver's own
}

// Pages answers questions.
type Pages struct {
	rows   Reader
	erased *Ledger // of pages that are not there; nil: all are
	log    *slog.Logger
}

// New returns the pages in rows, all that are there. log gets the months that cannot be read,
// never what was asked; nil logs nothing.
func New(rows Reader, log *slog.Logger) *Pages {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Pages{rows: rows, log: log.With(slog.String("component", "store/pages"))}
}

// Without returns the same pages without those that were erased: a month that
// could not be caught up with still has them.
func (p *Pages) Without(erased *Ledger) *Pages {
	return &Pages{rows: p.rows, erased: erased, log: p.log}
}

// Get calls each for every page that is asked for, one call at a time, and returns
// the months that could not be read whole. An error is each's own or the context's.
//
// Within a month it reads in the order of asks. Months are read side by side, as many as
// there are processors: to open one takes longer than to read all that is asked of it.
func (p *Pages) Get(ctx context.Context, asks []Ask, each func(Found) error) (unread []schema.Month, err error) {
	var mu sync.Mutex
	all, within := errgroup.WithContext(ctx)
	all.SetLimit(runtime.GOMAXPROCS(0))
	for m, of := range byMonth(asks) {
		all.Go(func() error {
			whole, err := p.month(within, m, asks, of, func(f Found) error {
				mu.Lock()
				defer mu.Unlock()
				return each(f)
			})
			mu.Lock()
			defer mu.Unlock()
			if !whole {
				unread = append(unread, m)
			}
			return err
		})
	}
	err = all.Wait()
	slices.Sort(unread)
	return unread, err
}

// byMonth returns the indices of asks of each month.
func byMonth(asks []Ask) map[schema.Month][]int {
	out := map[schema.Month][]int{}
	for i := range asks {
		m := asks[i].Day.Month()
		out[m] = append(out[m], i)
	}
	return out
}

// month calls each for every page of a month that is asked for, and says whether it
// could be read whole. An error is each's own or the context's.
func (p *Pages) month(ctx context.Context, m schema.Month, asks []Ask, of []int, each func(Found) error) (whole bool, err error) {
	whole = true
	for _, i := range of {
		var own error
		err := p.tag(ctx, asks[i], func(b []byte) error {
			own = each(Found{Index: i, Page: b})
			return own
		})
		switch {
		case own != nil:
			return whole, own
		case ctx.Err() != nil:
			return whole, ctx.Err()
		case err == nil, errors.Is(err, db.ErrForgotten): // its key is gone: there is nothing any more
			continue
		}
		if whole {
			p.log.Error("month cannot be read whole", slog.String("month", m.String()), slog.Any("error", err))
		}
		whole = false
		if !errors.Is(err, errRow) { // beside a damaged row others may be sound
			break
		}
	}
	return whole, nil
}

// tag calls each for every page of one tag. It goes on past damaged rows.
func (p *Pages) tag(ctx context.Context, ask Ask, each func([]byte) error) error {
	m := ask.Day.Month()
	keys, err := p.rows.Keys(m)
	if err != nil {
		return err
	}
	var damaged error
	err = p.rows.Scan(ctx, m, db.Pages, Prefix(keys, ask.Tag), func(key, value []byte) error {
		found, err := unwrap(keys, ask.Tag, key, value)
		switch {
		case err != nil:
			damaged = err
			return nil
		case found.Day != ask.Day:
			return nil
		case p.erased != nil && p.erased.Has(m, TombstoneOf(keys, found.Tag, found.Witness)):
			return nil
		}
		return each(found.Marshal())
	})
	return errors.Join(err, damaged)
}
