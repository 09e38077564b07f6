// Package support is what this host's user gives to support and takes back: codes
// that open some days of this installation until their own day is over, and the
// notes that say who opened it.
//
//	Mint    → code, grant → Deliver → upload → store: stored
//	Revoke  → order for every code that lives → store: done
//	Run     → whatever of these the store has not confirmed, again
//	Collect → one question a day, and more where a day has more notes → notes
//
// A code is nowhere but in what Mint returns: DIR/support.json, for its owner only,
// has what is needed to revoke it, which opens nothing, and only while it lives;
// beside it the grant, sealed under the code, until the store has confirmed it.
// What is owed to the store outlives the process. Codes outlive no installation:
// who becomes another one calls [RevokeAll] before and [Drop] after it.
//
// Notes are read when the user asks and kept in memory; those of days that are over
// are not asked for again.
//
// Nothing is sent while this host does not take part; codes then end by themselves
// on their day. What a relay holds back for some minutes goes on when its caller
// has left. At
// most [MaxCodes] codes live at a time. When the disk is full no code is made.
package support

import "errors"

// Bounds.
const (
	MaxCodes   = 16
	MaxDays    = 30 // of notes that are asked for
	maxReads   = 25 // questions for the notes of one day: 50 notes, the newest
	laterFrom  = 18 // hour of the day, UTC, from which on a code lives through tomorrow
	maxRedates = 2
)

// Errors of a code.
var (
	// ErrTooMany says that as many codes live as may. Revoke them.
	ErrTooMany = errors.New("too many support codes live")
	// ErrRefused says that the store did not take a grant, an order or a question;
	// it is wrapped with the status.
	ErrRefused = errors.New("the store refused it")
)
