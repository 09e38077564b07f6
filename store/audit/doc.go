// Package audit is the record of who opened, exported or erased what one
// installation reported, when, and why: the desk, the commands, and the store for
// whoever asks it over NATS write the same one, and so it says what happened
// whoever asked.
//
// It is a hash-chained log in one file, audit.log, one entry a line, for its
// owner only. A row is synced before anything is asked of the store
// ([Log.Begin]), and its outcome is another row ([Log.End]): a crash between
// the two leaves a row without an outcome. What cannot be written is not done:
// whoever gets an error asks the store nothing.
//
// Nothing in it is derived from an installation ID or a support code, not a
// hash, not a count of what was found. Ticket and reason are typed by people:
// [Clean] refuses what holds an ID or a code.
//
// Lines that were changed, put in or taken out of the middle show by the chain.
// Lines that are missing at the end show by the witness, a small file outside
// the directory that holds how many lines there were and the digest of the
// last; so does an older copy that was put back. A log that is damaged or
// behind its witness takes nothing more ([ErrDamaged], [ErrCut]) until somebody
// moves it away; until the next one begins with an entry that says so, it is gone
// ([ErrGone]). What it cannot
// tell is a log that was written anew, chain and witness, by somebody who may
// write both: each row's digest is logged with its number, for who keeps logs
// elsewhere, and [Check] returns the last.
//
// Processes on one host take turns by a lock in the directory. When it is full,
// [MaxSize], or the disk is, nothing more is taken: move the file away, and
// keep it.
package audit

import "errors"

// MaxSize bounds the log, in bytes: about a hundred thousand lookups.
const MaxSize = 64 << 20

// Bounds of what people type, in bytes.
const (
	MaxTicket = 24 // as in the note that the user sees
	MaxReason = 200
)

// Limits of one engineer, in histories.
const (
	Hourly = 60
	Daily  = 200
)

// Errors of a log. All are wrapped with what was to be done.
var (
	ErrDamaged = errors.New("audit.log was changed by something else than Tacit: move it away and keep it; a new one begins and says so")
	ErrCut     = errors.New("audit.log has fewer lines than were written: put the whole one back, or move it away; a new one begins and says so")
	ErrGone    = errors.New("audit.log is gone, and rows were written: put it back; if somebody moved it away, another begins with the next lookup and says so")
	ErrFull    = errors.New("audit.log is full: move it away and keep it; a new one begins and says so")
)
