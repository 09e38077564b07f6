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
)

// How pages are filled: to the one size that agents send, with as few tries as
// will do. What records take is known only when they are packed.
const (
	firstGuess = 512                    // records of the first page
	wellFilled = page.Capacity * 9 / 10 // bytes with which a page is full enough
	aim        = page.Capacity * 96 / 100
)

// pages makes pages of the records that the registry wants on pages, in their
// order. They carry the revision of the site's decision. One with an error's
// report is urgent.
func (in *Intake) pages(records []schema.Record, today schema.Day, policy uint64) ([]spool.Batch, error) {
	paged, reports := make([]schema.Record, 0, len(records)), make([]bool, 0, len(records))
	for i := range records {
		if m, ok := in.config.Registry.Metric(records[i].Metric); ok && m.Page {
			paged, reports = append(paged, records[i]), append(reports, m.Category == schema.ErrorReport)
		}
	}
	var out []spool.Batch
	for guess := firstGuess; len(paged) > 0; {
		b, err := in.pack(paged, guess, policy)
		if err != nil {
			return nil, err
		}
		b.Day, b.Urgent = today, slices.Contains(reports[:b.Records], true)
		guess, paged, reports = b.Records, paged[b.Records:], reports[b.Records:]
		out = append(out, b)
	}
	return out, nil
}

// pack makes a page of the first records, of as many as fill it well. The first
// try is with as many as guess says.
func (in *Intake) pack(records []schema.Record, guess int, policy uint64) (spool.Batch, error) {
	b := spool.Batch{ID: schema.NewBatchID(), Kind: kindPage}
	least, most := 0, min(len(records), codec.MaxRecords)+1 // fits, does not
	for n := min(guess, most-1); n > least; {
		packed, err := codec.EncodePage(codec.Page{
			Batch: b.ID, Writer: in.config.Writer, Release: in.config.Registry.Release, Policy: policy, Records: records[:n],
		})
		fits := err == nil && len(packed) <= page.Capacity
		if fits || n == 1 && err == nil && len(packed) <= page.MaxPlain {
			b.Plain, b.Records, least = packed, n, n
		} else if n == 1 {
			// A record that was accepted fits a page by its bounds.
			return b, fmt.Errorf("a page of one record takes %d bytes: %w", len(packed), cmp.Or(err, envelope.ErrTooLong))
		}
		if !fits {
			most = n
		}
		n = next(n, len(packed), least, most)
	}
	return b, nil
}

// next returns how many records to try after n of them took so many bytes: more
// than least, which fit, and fewer than most, which do not. It returns least
// when that will do.
func next(n, packed, least, most int) int {
	if least == most-1 || packed >= wellFilled && n == least {
		return least
	}
	if packed == 0 { // they could not be encoded at all
		return max(least+1, n/2)
	}
	return min(max(n*aim/packed, least+1), most-1)
}
