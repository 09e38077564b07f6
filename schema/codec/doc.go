// Package codec turns fragments and pages into bytes and back. The bytes are
// what an envelope or a page seals, so they are frozen: a change makes a new
// form number, and every form ever released stays readable.
//
// Both are CBOR (RFC 8949) arrays in core deterministic encoding; the few types
// that they need are written and read here by hand, and each item is taken only
// as this package writes it. A page keeps
// what repeats once: a table of texts, a table of series (product, metric,
// labels) and then three columns, one entry a record, compressed with zstd
// (RFC 8878) as one frame.
//
//	fragment = [1, event day, registry release, [[facet, value]...], first bits,
//	            [[metric, [[label, value]...], count, sum, [bucket counts]]...]]
//	page     = zstd([1, batch ID, writer, registry release, policy revision,
//	            [text...],
//	            [[product, version, metric, kind, [label, value...]]...],   texts by index
//	            [series by index...], [time...], [value...]])
//	record   = [1, time, number, product, version, metric, kind, text, [[label, value]...]]
//	           (never leaves the host: how a spool keeps one record)
//
// Times are Unix seconds, the first whole and then the difference to the one
// before. A value of kind 1 is the number; of kind 2, a text by index.
//
// Decoding is strict and bounded: hostile bytes fail fast, with an error that
// wraps [ErrForm], within the limits below. No I/O.
package codec

import "errors"

// ErrForm is wrapped by every decoding error: the bytes do not have the form.
var ErrForm = errors.New("wrong form")

// Bounds that encoders keep and decoders enforce.
const (
	MaxRecords  = 4096    // in one page
	MaxTexts    = 8192    // distinct texts in one page
	MaxLabels   = 8       // on one record or measure
	MaxTextLen  = 4096    // bytes of one text
	MaxPlain    = 1 << 20 // bytes of a page before compression
	MaxFacets   = 3       // of one fragment
	MaxMeasures = 512     // in one fragment
	MaxBuckets  = 64      // of one duration or quantity
	form        = 1       // of all, today
)

// must panics when fixed options are not accepted: our own mistake, found by
// the first test that runs.
func must[T any](v T, err error) T {
	if err != nil {
		panic("codec: internal error: " + err.Error())
	}
	return v
}
