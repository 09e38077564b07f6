// Package daybook keeps what a store keeps by the day and not by the month: grants
// of support codes, which die with their day, and the notes that lookups leave for
// hosts.
//
// Each day has a random key for its grants and another for its notes, in one file
// of the secrets:
//
//	daybook.json   {"form":1,"grants":{day: K},"notes":{day: K}}
//
// and below the data a file for each, of rows of one length:
//
//	daybook/grants-DAY, daybook/notes-DAY
//	row key  = HMAC-SHA256(X(K, "index"), tag | u16 i)[:16]
//	row      = row key | XChaCha20-Poly1305(X(K, "wrap"), aad row key, u8 is | value)
//	X(k, l)  = HKDF-Expand-SHA256(k, "tacit/v1/" + l, 32)
//
// is: 1 kept, 2 revoked. A grant lies under the tag of its code (i = 0) in the file
// of its last day, as what package page marshals; notes lie under their mailbox
// (i = 0, 1, …) in the file of its day. The days' keys are random and
// no ratchet, so that who once copied one has none of a later day.
//
// It promises that what it confirmed is synced; that a grant opens nothing any more
// when its day is over, because key and file are destroyed, also when no store ran
// at midnight: then before the next one answers anything; that a revoked grant is
// overwritten, and does not come back when an earlier envelope of it is late.
// What destroys grants is the latest day that it may be (package calendar), and a
// clock that cannot be believed at all destroys them too: their users make other
// codes. Notes go by the proven day, [NoteDays] after theirs. Neither is in any
// backup that a store writes.
//
// A new row goes to a random place and the one that was there to the end, so that
// a file does not say in which order codes were made or histories opened.
//
// When it is full ([MaxGrants], [MaxNotes], [MaxBoxNotes]) it takes no more of that
// day and says so: the host is not answered, and a lookup does not take place.
// A row that does not open, because a crash tore it or a disk lied, is left out,
// counted and logged. Nothing of a row is ever logged.
package daybook

import (
	"errors"

	"github.com/tacit-telemetry/tacit/anon/page"
)

// Bounds of a day.
const (
	MaxGrants   = 1 << 15 // with those revoked; 43 MB
	MaxNotes    = 1 << 16 // 7 MB
	MaxBoxNotes = 1000    // of one mailbox
)

// NoteDays is how long notes are kept.
const NoteDays = page.MaxGrantDays

// KeysFile is the secret with the keys of the days.
const KeysFile = "daybook.json"

// Errors of this package. All are wrapped with detail.
var (
	// ErrFull says that no more is taken of that day.
	ErrFull = errors.New("the daybook of that day is full")
	// ErrDay says that a note is dated on a day on which nobody looks anything up:
	// the clocks of who asks and of the store are days apart.
	ErrDay = errors.New("the clock of who asks and the store's are days apart")
	// ErrClock says that the store cannot say which day it is. Set its clock.
	ErrClock = errors.New("the store's clock is most likely wrong")
)
