// Package lookup opens one installation's history with its ID, or some days of it
// with a support code. It runs in the process of who asks, a command or a desk; the
// ID or code stays there. From it come the tags that the store is asked for, in a
// random order over all days, and the keys that open what comes back.
//
// Before it gets pages it leaves a note for the host: when, for which ticket, and
// by ID or by code. Where the note cannot be left there are no pages; that there
// turn out to be none does not take it back.
//
// Each day from tomorrow back is walked by number, 0, 1, 2 and so on, past
// every hit, until 16 numbers in a row have no page. Every record that comes
// out is checked against the registry: what it does not name is counted and
// not shown. Repeats are dropped by batch ID; records of another writer than
// the newest page's (a clone, a restored backup) are marked.
//
// The store is asked over its socket, or opened here when no process holds it;
// its lock is never bypassed. Months that cannot be read are named, as are the days
// of pages that are damaged, and the rest is shown. A store that does not answer, or
// not to the end, is an error within [answerTime]. Memory is bounded by [MaxPages];
// a million records take about 55 MiB. Pages are opened on all processors while others
// are still on their way, and what the records of a page have in common is there once.
package lookup

import (
	"errors"
	"time"
)

// Bounds of a walk.
const (
	maxMisses   = 16  // numbers in a row without a page that end a day
	defaultDays = 90  // walked when nobody says since when
	maxDays     = 400 // the longest that a store keeps pages
	MaxPages    = 10_000
)

// answerTime bounds one answer of the store's process, which gives up after a
// minute itself.
const answerTime = 70 * time.Second

// Errors of a lookup. All are wrapped with detail.
var (
	// ErrNothing says that the store has no page of this ID in these days: not
	// sent yet, off, reset, expired, or not an ID of this vendor's.
	ErrNothing = errors.New("no pages for this ID")
	// ErrUnread says that the months named could not be read, and nothing was
	// found in the others. Restore them from a backup.
	ErrUnread = errors.New("months that cannot be read")
	// ErrNoCode says that the store has no grant for this support code: its day
	// is over, it was revoked, it has not arrived yet, or it is not one of this
	// vendor's.
	ErrNoCode = errors.New("no such support code lives")
	// ErrNote says that the note for the host could not be left, and so there are
	// no pages. What is wrapped with it says why.
	ErrNote = errors.New("no note can be left for the host, and without one there are no pages")
	// ErrTicket says that the reference of a ticket does not fit a note.
	ErrTicket = errors.New("not the reference of a ticket")
	// ErrCodeErases says that a support code gives no right to erase. Ask for the
	// ID.
	ErrCodeErases = errors.New("a support code gives no right to erase")
	// ErrCut says that the store's process ended, or gave up, in the middle of its
	// answer, and so nothing is shown. Ask again.
	ErrCut = errors.New("the store's answer broke off")
	// ErrTooMany says that there are more than MaxPages pages. Ask for fewer
	// days.
	ErrTooMany = errors.New("too many pages")
)
