package store

import (
	"context"

	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// openUpkeep opens what looks after the store, and what counts the envelopes
// that do not open.
func (s *Store) openUpkeep(ctx context.Context) (err error) {
	if s.quarantine, err = ingest.OpenQuarantine(s.cfg.Dir, s.cfg.Logger); err != nil {
		return err
	}
	s.upkeep, err = upkeep.New(upkeep.Config{
		Dir: s.cfg.Dir, DB: s.db, Secrets: s.cfg.Secrets, Ledger: s.ledger, Quarantine: s.quarantine,
		RetentionDays: s.cfg.RetentionDays, Logger: s.cfg.Logger, Today: s.calendar.Today,
	})
	s.tasks, s.endTasks = context.WithCancel(context.WithoutCancel(ctx))
	return err
}

// taskRoutes adds the tasks of upkeep to the socket. They end with the store.
func (s *Store) taskRoutes(_ *door, mux *routes.Mux) { s.upkeep.Register(s.tasks, mux) }

// held returns all pages that are on disk.
func (s *Store) held() *pages.Pages { return pages.New(s.db, s.cfg.Logger) }

// window returns the pages that may be shown.
func (s *Store) window() upkeep.Window {
	return upkeep.Window{Pages: s.held().Without(s.ledger), First: s.upkeep.First}
}

// Refused returns how many envelopes and crates did not open, by reason, on the
// last 90 days on which there were any.
func (s *Store) Refused() map[string]uint64 {
	out := map[string]uint64{}
	for _, r := range s.quarantine.Refused() {
		out[r.Reason] += r.Count
	}
	return out
}
