package upkeep

import (
	"context"
	"log/slog"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// Window answers questions for pages that are within the retention, and for no
// older ones: a month is forgotten as a whole, and some of its days are over
// before.
type Window struct {
	Pages *pages.Pages
	// First returns the oldest day that is shown.
	First func() schema.Day
}

// WindowOf returns the pages of a store that no process holds, as far as the
// store that ran last would show them on a day, as of calendar.Read. Without one
// it shows all.
func WindowOf(dir string, p *pages.Pages, today schema.Day) (Window, error) {
	n, err := readNotes(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		return Window{}, err
	}
	first := schema.Day(0)
	if n.retention > 0 {
		first = today - min(n.kept(), today)
	}
	return Window{Pages: p, First: func() schema.Day { return first }}, nil
}

// Get is [pages.Pages.Get] without the days that are over.
func (w Window) Get(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	first := w.First()
	kept := make([]pages.Ask, 0, len(asks))
	index := make([]int, 0, len(asks))
	for i, a := range asks {
		if a.Day >= first {
			kept, index = append(kept, a), append(index, i)
		}
	}
	return w.Pages.Get(ctx, kept, func(f pages.Found) error {
		f.Index = index[f.Index]
		return each(f)
	})
}
