package main

import (
	"log/slog"

	"github.com/tacit-telemetry/tacit/cmd/internal/health"
)

// counts returns what /metrics tells of a store: sums over everybody.
func (d *storeDaemon) counts() []health.Count {
	out := []health.Count{gauge("tacit_store_edge_connected", "Whether the edge is connected.", yes(d.edge.trouble() == ""))}
	s, err := d.store.Stats()
	if err != nil {
		d.logger.Error("count the store's rows", slog.Any("error", err))
		return out
	}
	out = append(out,
		gauge("tacit_store_rows", "Rows on disk.", float64(s.Rows)),
		gauge("tacit_store_bytes", "Bytes on disk.", float64(s.Bytes)),
		gauge("tacit_store_damaged_months", "Months that did not open, or lost rows that were confirmed.", float64(len(s.Damaged))),
		total("tacit_store_commits_total", "Groups of envelopes that were committed.", s.Groups),
		total("tacit_store_fragments_foreign_total", "Fragments of a registry release that this store was not given, checked by another one's.", s.Foreign))
	out = append(out, labelled("tacit_store_fragments_refused_total", "Fragments that hold what the registry does not name, by why; bad-form among the envelopes.", "reason", s.Refused)...)
	out = append(out, labelled("tacit_store_quarantined", "Envelopes and crates that did not open, on the last 90 days with any.", "reason", d.store.Refused())...)
	return append(out, labelled("tacit_store_envelopes_total", "Envelopes by outcome; crates without the form, and groups that waited, beside them.", "outcome", s.Outcomes)...)
}
