// Package rollup adds fragments up: what the store keeps of them is the sums,
// never a fragment. Its rows are the only ones in a store that can be read
// without an installation ID; nobody may see them below the threshold of their
// roll-up, which is the business of who queries them.
//
//	key   = u32 event day | u32 registry release | u8 facets | (text name, text value)...
//	        and, for a measure: text metric | u8 labels | (text name, text value)...
//	text  = u16 length | bytes
//	value = CBOR (RFC 8949, core deterministic)
//	        of a measure:     [1, count, sum, [bucket counts]]
//	        of installations: [1, first today, this week, this month, ever]
//
// One fragment adds to the row of its tuple's installations and to one row a
// measure. Adding is associative and commutative: sums do not depend on the
// order or the grouping in which fragments come. Numbers stop at their
// greatest value instead of wrapping round.
//
// No I/O. A fragment that does not fit (a negative sum, texts above the bounds
// of a key) is refused whole with an error that wraps [ErrForm].
package rollup

import "errors"

// ErrForm says that bytes or a fragment do not have the form.
var ErrForm = errors.New("wrong form")
