// Package db keeps the store's rows, month by month: sealed pages in one half
// of a month, sums in the other. Each half is a Badger database with a manifest
// beside it that says what must be there. It is the only package that imports
// Badger.
//
//	DIR/2026-11/pages/            Badger, managed mode: pages and the rows that know their batches
//	DIR/2026-11/pages.manifest    what must be there, sorted
//	DIR/2026-11/pages.tail.7      what was written since, to be merged into it
//	DIR/2026-11/pages.check       that the month's secret is the one it was written under
//	DIR/2026-11/sums/ …           the same for sums
//	DIR/restored                  until a store starts on what was restored: a new list is due
//	DIR/ballast                   room that is given up when the disk is full
//	KEYS/months.json              S of the oldest month kept, in the box of secrets
//	KEYS/begun.json               which halves were begun and not forgotten, there too
//
// A row is one byte that names its table, then the key that the table's
// package makes, and a value. Rows that belong together are committed together
// ([Batch]): all of them or none, in one transaction, however a group is
// split. A nil error of [DB.Commit] means that rows and manifest are synced.
//
// No time of arrival is written or logged, and the order of arrival does not
// stay. Pages all have one version, so that what Badger calls a version tells
// nothing; they lie sorted by keys that are random to everybody without the
// month's secret, as soon as Badger has merged its newest tables, and closing a
// half does that, when the day changes at the latest; the manifest's tail is
// merged by size, when the day changes, and when the store stops. Sums have
// ordinary versions, because they are written over and over: a version says in
// which transaction a sum changed last and which fragments' batches it took, by
// IDs that are random and their agents' own; it says nothing about pages, which
// lie in another database.
//
// What silently goes wrong is noticed: each row is listed with a hash of its
// value; sums, which change, are listed by key and summed up in a digest that
// changes in their own transaction; and every transaction counts itself, so that
// a log that lost its tail shows fewer than the manifest. [DB.Verify] compares
// all of it. Before Badger opens a half its files are looked at, because Badger
// ends the process over a damaged table, deletes tables that a shortened MANIFEST
// does not name, and begins anew where a directory is gone. A damaged half is
// never deleted: it opens neither to read nor to write, its error names month,
// half, file and fix, and the other halves go on. [DB.Look] finds it before it is
// needed. Which halves were begun and not forgotten is listed beside the secrets,
// so that a month of which nothing is left, not even a manifest, is missed too.
//
// When it is full: below [Config.Headroom] of free space, and what Badger may
// yet write in the background on top of it, Commit refuses with [ErrFull] before
// it writes, because Badger ends the process on a full disk. It resumes by
// itself. When something else goes on filling the disk the ballast is given up,
// halves are read without being opened for writing, and one that there is no room
// to close in is left as a crash leaves it. What remains: who takes more than the
// headroom in the second or two in which Badger still writes, ends the process;
// nothing that was confirmed is lost by it.
//
// Memory: at most [mostOpen] halves of a kind are open, and none that was not used
// for [idleTime], or [readTime] where it is one of pages that was only read.
package db

import "errors"

// Errors of this package. All are wrapped with detail.
var (
	// ErrFull says that the volume has too little free space. Nothing was
	// written: make room, or wait and try again.
	ErrFull = errors.New("too little free space on the store's volume")
	// ErrForgotten says that the month is older than the oldest that has a key.
	// What belongs to it cannot be kept any more.
	ErrForgotten = errors.New("month is no longer kept")
	// ErrNoKeys says that there is data and no secret that opens it, or nothing
	// at all where something was expected. Restore the keys directory: the one
	// that is there may be another store's.
	ErrNoKeys = errors.New("the store's keys are not there")
	// ErrTooBig says that rows that belong together do not fit one transaction.
	// They never will: refuse them.
	ErrTooBig = errors.New("rows do not fit one transaction")
	// ErrDamaged says that the files of a half are not what they were. Restore
	// the month from a backup.
	ErrDamaged = errors.New("the files are damaged")
)
