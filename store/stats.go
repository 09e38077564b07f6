package store

import (
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/ingest"
)

// Stats are counts, for the engine's own metrics. Nothing in them belongs to
// one installation.
type Stats struct {
	db.Size                      // rows and bytes on disk
	ingest.Counts                // envelopes by outcome, commits and how long the last ones took
	Damaged       []schema.Month // months that did not open, or lost rows that were confirmed
}

// Stats returns the counts of now.
func (s *Store) Stats() (Stats, error) {
	size, err := s.db.Size()
	return Stats{Size: size, Counts: s.ingest.Counts(), Damaged: s.db.Damaged()}, err
}
