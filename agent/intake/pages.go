package intake

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

const (
	kindPage     = envelope.Page
	kindFragment = envelope.Fragment

	// pageRecords is how many records one page takes: with more, a damaged or
	// late page costs more, with fewer, padding does.
	pageRecords = 500
	// maxPacked is what fits the largest envelope with the page's own overhead.
	maxPacked = envelope.MaxPayload - page.Overhead
)

// pages makes pages of the records that the registry wants on pages, in their
// order. They carry the revision of the site's decision.
func (in *Intake) pages(records []schema.Record, today schema.Day, policy uint64) ([]spool.Batch, error) {
	var paged []schema.Record
	for _, r := range records {
		if m, ok := in.config.Registry.Metric(r.Metric); ok && m.Page {
			paged = append(paged, r)
		}
	}
	var out []spool.Batch
	for part := range slices.Chunk(paged, pageRecords) {
		batches, err := in.pack(part, today, policy)
		if err != nil {
			return nil, err
		}
		out = append(out, batches...)
	}
	return out, nil
}

// pack makes one page, or halves the records until each half fits.
func (in *Intake) pack(records []schema.Record, today schema.Day, policy uint64) ([]spool.Batch, error) {
	b := spool.Batch{ID: schema.NewBatchID(), Kind: kindPage, Day: today, Records: len(records)}
	packed, err := codec.EncodePage(codec.Page{
		Batch: b.ID, Writer: in.config.Writer, Release: in.config.Registry.Release, Policy: policy, Records: records,
	})
	if err == nil && len(packed) <= maxPacked {
		b.Plain = packed
		return []spool.Batch{b}, nil
	}
	if len(records) == 1 {
		// A record that was accepted fits a page by its bounds.
		return nil, fmt.Errorf("a page of one record takes %d bytes: %w", len(packed), cmp.Or(err, envelope.ErrTooLong))
	}
	half := len(records) / 2
	first, err := in.pack(records[:half], today, policy)
	if err != nil {
		return nil, err
	}
	second, err := in.pack(records[half:], today, policy)
	return append(first, second...), err
}
