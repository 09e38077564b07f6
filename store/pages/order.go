package pages

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
)

// Outcome is what became of an order to erase.
type Outcome struct {
	Pages int // that were there, and are erased for good
	// Open is how many of the named pages were not there, and are stored if they
	// come, because there is no room for their tombstones: give the order again on
	// the day of [ForgottenBy]. 0 unless somebody floods the store with erasures.
	Open int
}

// Erase erases the pages that items show the right to. When it returns,
// tombstones are on disk that keep them, and those that may still be on their
// way, from being stored again; then the rows are gone. When there is no room for
// pages that are not there, those that are there are erased all the same, and the
// outcome says how many are open. The same items again erase nothing and are no
// error. Items of a day that nothing can be of are left out.
//
// Whoever runs the store can see at that moment which tags belonged together:
// what is left of it are tombstones, which do not tell once the day is over.
//
// A month that cannot be read keeps no other from being erased. Errors wrap
// [ErrLedgerFull] or the rows' own. Then some may be erased: ask again.
func (e *Eraser) Erase(ctx context.Context, items []page.Erasure) (out Outcome, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	months, err := e.sort(items)
	if err != nil {
		return out, fmt.Errorf("erase pages: %w", err)
	}
	before := e.cfg.Ledger.Mark()
	if out.Open, err = e.bury(ctx, months); err != nil {
		return Outcome{}, fmt.Errorf("erase pages: %w", err)
	}
	for m, in := range months {
		failed := in.unread
		if failed == nil {
			failed = remove(ctx, e.cfg.Rows, m, in.rows)
		}
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("erase pages of month %s: %w", m, failed))
			continue
		}
		out.Pages += len(in.rows)
	}
	// After an erasure that failed in part the mark stays where it was: the next
	// start erases again what is not gone by then.
	if after := e.cfg.Ledger.Mark(); err == nil && after != before && e.mark == before {
		err = e.applied(after)
	}
	return out, err
}

// monthItems is what to erase from one month.
type monthItems struct {
	keys   db.MonthKeys
	items  []namedPage
	rows   [][]byte // keys of the rows that are erased
	unread error    // why not all rows are known
}

// namedPage is a page that somebody shows the right to erase.
type namedPage struct {
	page.Erasure
	there bool
}

// sort sorts items by month, without those of days that nothing can be of.
func (e *Eraser) sort(items []page.Erasure) (map[schema.Month]*monthItems, error) {
	months := map[schema.Month]*monthItems{}
	today := e.cfg.Today()
	for _, item := range items {
		if item.Day+MaxDays < today.First || item.Day > today.Last+aheadDays {
			continue
		}
		m := item.Day.Month()
		in := months[m]
		if in == nil {
			keys, err := e.cfg.Rows.Keys(m)
			if errors.Is(err, db.ErrForgotten) {
				continue
			}
			if err != nil {
				return nil, err
			}
			in = &monthItems{keys: keys}
			months[m] = in
		}
		in.items = append(in.items, namedPage{Erasure: item})
	}
	return months, nil
}

// bury looks which pages are there, and writes the tombstones of all. open is how
// many of those that are not there have none.
func (e *Eraser) bury(ctx context.Context, months map[schema.Month]*monthItems) (open int, err error) {
	var there, ahead []Buried
	for m, in := range months {
		in.unread = in.find(ctx, e.cfg.Rows, m)
		for _, item := range in.items {
			one := Buried{Month: m, Tombstone: TombstoneOf(in.keys, item.Tag, item.Right.Witness())}
			if item.there {
				there = append(there, one)
			} else {
				ahead = append(ahead, one)
			}
		}
	}
	open, err = e.cfg.Ledger.Append(there, ahead)
	if open > 0 && !e.told {
		e.told = true
		e.log.Warn("no room in the ledger of erasures for pages that are not here; most likely somebody floods the store with erasures",
			slog.Int("tombstones", e.cfg.Ledger.Tombstones()))
	}
	return open, err
}

// find looks for the rows of the items.
func (in *monthItems) find(ctx context.Context, rows Rows, m schema.Month) error {
	gone := map[string]bool{} // an item may stand there twice
	for i := range in.items {
		item := &in.items[i]
		want := item.Right.Witness()
		err := rows.Scan(ctx, m, db.Pages, Prefix(in.keys, item.Tag), func(key, value []byte) error {
			// A row that is damaged shows no witness. It opens for nobody, and
			// goes as well.
			if p, ok := outside(in.keys, key, value); !ok || p.Day == item.Day && p.Witness == want {
				gone[string(key)], item.there = true, true
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, key := range slices.Sorted(maps.Keys(gone)) {
		in.rows = append(in.rows, []byte(key))
	}
	return nil
}
