// Package upkeep looks after a store: it checks every row against what was
// promised, writes and reads backups, destroys the pages of a build that turned
// out to leak, and forgets what is older than it may be.
//
// [Upkeep] does the work on rows that this process holds; the others may go on
// meanwhile, one task at a time and the next one waits. [Open] finds who does
// it: the process that holds the store, over its socket, or this one, when none
// does. The forms of a backup stand in stream.go and form.go, those of the
// socket in wire.go.
//
// It promises that a task uses memory for a part of a month and not for all of
// it; that a backup opens whole or not at all, with this store's secrets only,
// and holds none of them; that a restored store has no row that was erased
// before; that retention goes by a day that a clock which is wrong for a while
// cannot move ([Upkeep.Run]); and that a month which cannot be read is one line
// of a report and not the end of the task.
//
// When the volume is full: verify and backup go on, recall says so, and
// retention makes room. Nothing of a row, tag or installation is logged.
package upkeep

import "errors"

// Errors of this package. All are wrapped with detail.
var (
	// ErrBackup says that a file is no backup, is damaged, or is cut off.
	// Nothing of it was used. Take another copy of it.
	ErrBackup = errors.New("not a whole backup")
	// ErrNoSecret says that the secret which backups are sealed under is not in
	// the keys directory. Put back the keys directory that belongs to the
	// store.
	ErrNoSecret = errors.New("the secret of backups is not there")
	// ErrNotEmpty says that there is a store already. Restore into another
	// directory.
	ErrNotEmpty = errors.New("there is a store already")
	// ErrStopped says that the process which holds the store was told to end. Of
	// a recall, what is destroyed stays so. Order it again.
	ErrStopped = errors.New("the store was stopped meanwhile")
	// ErrRecall says that a recall names no build, or no days.
	ErrRecall = errors.New("recall names no pages")
)

// Step is how far a task is.
type Step struct {
	Act   string `json:"act"`   // what it does, as in "verify 2026-11"
	Done  int64  `json:"done"`  // of Total
	Total int64  `json:"total"` // 0: not known
}

// Progress hears how far a task is, a few times a second at most. nil: nobody
// listens.
type Progress func(Step)
