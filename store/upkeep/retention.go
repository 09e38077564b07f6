package upkeep

import (
	"context"
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// lookEvery is the time between two looks at the clock.
const lookEvery = time.Hour

// Run forgets what is older than it may be, at once and every hour, until ctx
// ends: pages of a month when its last day is older than the retention, with
// the month's secret, so that a copy of the rows is closed for good as well;
// sums when the month is more than 25 back. Only a day that is sure counts, so
// that a clock which is wrong for a while destroys nothing (package calendar):
// after a rest of days it takes a day of running, and after one of months a week,
// until anything is forgotten. What is too old is not shown meanwhile ([Window]).
// When it starts and when the day changes, it settles the ledger of erasures.
func (u *Upkeep) Run(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		u.forget(ctx)
		u.settle(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// forget does what the day asks for. Troubles are logged; the next look tries
// again.
func (u *Upkeep) forget(ctx context.Context) {
	pages, sums, ok := limits(u.cfg.Today().Sure, u.kept)
	if !ok || pages == u.pagesFrom && sums == u.sumsFrom {
		return
	}
	done, err := u.take(ctx, nil)
	if err != nil {
		return // ctx ended
	}
	defer done()
	gone, err := u.cfg.DB.Forget(ctx, pages, sums)
	if err == nil {
		err = u.cfg.Ledger.Forget(pages)
	}
	switch {
	case err == nil:
		u.pagesFrom, u.sumsFrom = pages, sums
	case ctx.Err() == nil:
		u.log.Error("forget what is too old", slog.Any("error", err))
	}
	if n := len(gone.Pages) + len(gone.Sums); n > 0 {
		u.log.Info("forgot months", slog.Int("pages", len(gone.Pages)), slog.Int("sums", len(gone.Sums)))
	}
}

// settle lets the ledger forget which tombstones came together. It does no harm on
// a day that is wrong, and waits for a task that reads the file. After an error the
// next look tries again.
func (u *Upkeep) settle(ctx context.Context) {
	day := u.cfg.Today().Day
	if day == u.settled {
		return
	}
	done, err := u.take(ctx, nil)
	if err != nil {
		return // ctx ended
	}
	defer done()
	if err := u.cfg.Ledger.Settle(); err != nil {
		u.log.Error("settle erasures", slog.Any("error", err))
		return
	}
	u.settled = day
}

// limits returns the first months whose pages and sums are kept on a day.
func limits(day, retention schema.Day) (pages, sums schema.Month, ok bool) {
	if day <= retention || day.Month() < sumMonths {
		return 0, 0, false // no day is sure yet
	}
	return (day - retention).Month(), day.Month() - sumMonths, true
}
