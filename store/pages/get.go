package pages

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"slices"

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
	Page  []byte // as page.Parse reads it
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

// Get calls each for every page that is asked for, and returns the months that
// could not be read whole. An error is each's own or the context's.
//
// It reads one month after the other, and within a month in the order of asks: a store has few
// of them open at a time, and to open one takes longer than to read all that is
// asked of it.
func (p *Pages) Get(ctx context.Context, asks []Ask, each func(Found) error) (unread []schema.Month, err error) {
	failed := map[schema.Month]bool{} // true: not asked again
	for _, i := range byMonth(asks) {
		ask := asks[i]
		m := ask.Day.Month()
		if failed[m] {
			continue
		}
		var own error
		err := p.tag(ctx, ask, func(b []byte) error {
			own = each(Found{Index: i, Page: b})
			return own
		})
		switch {
		case own != nil:
			return unread, own
		case ctx.Err() != nil:
			return unread, ctx.Err()
		case errors.Is(err, db.ErrForgotten): // its key is gone: there is nothing any more
		case err != nil:
			if _, known := failed[m]; !known {
				unread = append(unread, m)
				p.log.Error("month cannot be read whole", slog.String("month", m.String()), slog.Any("error", err))
			}
			failed[m] = !errors.Is(err, errRow) // beside a damaged row others may be sound
		}
	}
	return unread, nil
}

// byMonth returns the indices of asks, those of one month together.
func byMonth(asks []Ask) []int {
	order := make([]int, len(asks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(asks[a].Day.Month(), asks[b].Day.Month()) })
	return order
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
