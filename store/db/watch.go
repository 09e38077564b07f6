package db

import (
	"context"
	"log/slog"
	"time"
)

// watchPeriod is short because something else may fill the disk while Badger
// writes in the background: a look costs microseconds.
const watchPeriod = 250 * time.Millisecond

// watch gives the ballast up when the disk is about to be full and holds it
// again when there is room, until ctx ends.
func (d *DB) watch(ctx context.Context) {
	tick := time.NewTicker(watchPeriod)
	defer tick.Stop()
	for {
		if err := d.disk.balance(d.needs() > 0); err != nil {
			d.log.Warn("look at the disk", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
