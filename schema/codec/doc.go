// Package codec turns fragments and pages into bytes and back. The bytes are
// what an envelope or a page seals, so they are frozen: a change makes a new
// form number, and every form ever released stays readable.
//
// Both are CBOR (RFC 8949) arrays in core deterministic encoding; the few types
// that they need are written and read here by hand, and each item is taken only
// as this package writes it. A page keeps
// what repeats once: a table of texts, a table of series (product, metric,
// labels) and then three columns, one entry a record, compressed with zstd
// (RFC 8878) as one frame. The frame announces the length of its content when
// that is more than 255 bytes, uses no dictionary, and nothing is behind it.
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
// Form 2 of pages and records says of how many equal events each record is, and
// is written when one of them is of several:
//
//	page     = zstd([2, ...as form 1..., [count...]])          one a record, 1 to 1,000,000
//	record   = [2, time, number, count, ...as form 1...]       2 to 1,000,000
//
// Form 2 of fragments is compressed, as those are that take more than 256 bytes
// before. With a table of texts and columns they would not be shorter: it was
// measured.
//
//	fragment = zstd([2, ...as form 1...])
//
// Times are Unix seconds, the first whole and then the difference to the one
// before. A value of kind 1 is the number; of kind 2, a text by index.
//
// Decoding is strict and bounded: hostile bytes fail fast, with an error that
// wraps [ErrForm], within the limits below. Whatever the bytes are, it takes at
// most twice MaxPlain of memory: a page, before compression, is at most MaxPlain, and what is made of it is counted before there is room made for it, with 16
// bytes and its length for a text, 120 for a record or a series and 32 for a
// label of a series. More than 13/16 of MaxPlain is no page. No I/O.
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
	MaxPlain    = 1 << 20 // bytes of a page before compression, or of a record
	MaxFragment = 1 << 18 // bytes of a fragment before compression
	MaxFacets   = 3       // of one fragment
	MaxMeasures = 512     // in one fragment
	MaxBuckets  = 64      // of one duration or quantity

	formPlain   = 1 // of all
	formCounted = 2 // of pages and records that count events
	formPacked  = 2 // of fragments that are compressed
)

// must panics when fixed options are not accepted: our own mistake, found by
// the first test that runs.
func must[T any](v T, err error) T {
	if err != nil {
		panic("codec: internal error: " + err.Error())
	}
	return v
}
