// Package db keeps the store's rows: one Badger database for each month, the
// secrets that the months' keys come from, and a manifest beside each month
// that says what must be there. It is the only package that imports Badger.
//
//	DIR/2026-11/          Badger, small profile, opened on first use, synced writes, no TTL
//	DIR/2026-11.manifest  append-only, one fixed-size entry a row
//	KEYS/months.json      S of the oldest month kept, owner only
//
// A row is one byte that names its table, then the key that the table's
// package makes, and a value. Rows that belong together are committed together
// ([Batch]): all of them or none, in one transaction, however a group is
// split. A nil error of [DB.Commit] means that rows and manifest are synced.
//
// No time of arrival is written or logged. What the order of writing leaves is
// the order of groups (Badger counts transactions, the manifest is appended
// to); within a group rows are sorted by key.
//
// When it is full: below [Config.Headroom] of free space Commit refuses with
// [ErrFull] before it writes, because Badger dies on a full disk and cannot be
// opened again until there is room. It resumes by itself. When a month is
// damaged: its errors name the month and the fix, and the other months go on.
package db

import (
	"errors"

	"github.com/tacit-telemetry/tacit/schema"
)

// Errors of this package. All are wrapped with detail.
var (
	// ErrFull says that the volume has too little free space. Nothing was
	// written: make room, or wait and try again.
	ErrFull = errors.New("too little free space on the store's volume")
	// ErrForgotten says that the month is older than the oldest that has a key.
	// What belongs to it cannot be kept any more.
	ErrForgotten = errors.New("month is no longer kept")
	// ErrNoKeys says that there is data and no secret that opens it, or nothing
	// at all where something was expected. Restore the keys directory.
	ErrNoKeys = errors.New("the store's keys are not there")
	// ErrTooBig says that rows that belong together do not fit one transaction.
	// They never will: refuse them.
	ErrTooBig = errors.New("rows do not fit one transaction")
)

// Table is the first byte of a row.
type Table byte

// The tables.
const (
	Pages         Table = 'p' // sealed pages
	Batches       Table = 'b' // batch ID → SHA-256 of the payload
	Measures      Table = 'm' // roll-ups: what a metric adds up to
	Installations Table = 'i' // roll-ups: how many installations
)

// Merge joins a row's value with what is added to it. It must be associative
// and commutative. old is nil when there is no such row yet.
type Merge func(old, added []byte) ([]byte, error)

// Row is one row to write.
type Row struct {
	Table Table
	Key   []byte // without the table byte
	Value []byte
	Merge Merge // nil: Value replaces what was there
}

// Batch is what must be written together or not at all.
type Batch []Row

// Group is what one month is given at a time.
type Group struct {
	Month   schema.Month
	Batches []Batch
}

// bytes returns the row's whole key, as it lies on disk.
func (r *Row) bytes() []byte {
	return append(append(make([]byte, 0, 1+len(r.Key)), byte(r.Table)), r.Key...)
}
