package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// logFile is the name of the log in its directory.
const logFile = "policy.log"

// Bounds of the log, in bytes.
const (
	maxNotes   = 4 << 20
	maxDecided = 12 << 20
	maxLog     = 16 << 20
)

// record is a log that was read and checked.
type record struct {
	chain   durable.Chain
	entries []Entry
	last    Entry // the last with settings; zero when there is none
}

// parse checks a log. The error says what is wrong with the first line after
// those that are returned.
func parse(b []byte) (record, error) { return record{}.parse(b) }

// parse checks b, which follows the record in its log, and returns the longer
// record.
func (r record) parse(b []byte) (_ record, err error) {
	r.entries = slices.Clip(r.entries) // r stays as it is
	r.chain, err = r.chain.Parse(b, func(line []byte) error {
		var e Entry
		if err := e.UnmarshalJSON(line); err != nil {
			return err
		}
		if e.decides() && e.Revision <= r.last.Revision {
			return errors.New("its revision is not above the one before")
		}
		r.add(e)
		return nil
	})
	return r, err
}

// parse checks the log. Lines that were checked before and that stand there
// still, byte by byte, are not checked again: a long history would make every
// page and every decision slow.
func (p *Policy) parse(b []byte) (record, error) {
	if !p.checked.chain.Begins(b) {
		p.checked = record{}
	}
	// What is kept must not keep the whole of every b that was ever read.
	rest := bytes.Clone(b[p.checked.chain.Size():])
	r, err := p.checked.parse(rest)
	p.checked = r
	return r, err
}

func (r *record) add(e Entry) {
	r.entries = append(r.entries, e)
	if e.decides() {
		r.last = e
	}
}

// tip returns what a witness of the record says.
func (r *record) tip() witness {
	return witness{Revision: r.last.Revision, Lines: len(r.entries), Head: r.chain.Head()}
}

// reading is log and witness as they were just read.
type reading struct {
	record
	missing bool  // there is no log
	unread  error // it cannot be read
	damage  error // the line after the record's is wrong

	witness    *witness // nil when witnessErr says why
	witnessErr error

	logAt, witnessAt fs.FileInfo // before they were read
}

// read reads the witness first: a log that grows meanwhile is then ahead of it,
// and never behind.
func (p *Policy) read() (r reading) {
	r.witnessAt, r.logAt = p.stat()
	r.witness, r.witnessErr = readWitness(p.c.Witness)
	b, err := readFile(p.logPath(), maxLog, durable.ReadOwnerFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.missing = true
	case err != nil:
		r.unread = err
	default:
		r.record, r.damage = p.parse(b)
	}
	return r
}

func (p *Policy) logPath() string { return filepath.Join(p.c.Dir, logFile) }

func (p *Policy) stat() (witnessAt, logAt fs.FileInfo) {
	return statOf(p.c.Witness), statOf(p.logPath())
}

func statOf(path string) fs.FileInfo {
	info, err := os.Stat(path)
	if err != nil {
		return nil // reading it says why
	}
	return info
}

// judge says why the record cannot be believed, measured by its witness and by
// what this process saw of it before, which may be none. CauseUnwritten means
// that this is the first start, CauseNone that the record is whole.
func (r *reading) judge(seen *witness) Cause {
	w := highest(r.witness, seen)
	switch {
	case w == nil && r.witnessErr != nil && !errors.Is(r.witnessErr, fs.ErrNotExist):
		return CauseWitness
	case r.missing && (w == nil || w.Lines == 0):
		return CauseUnwritten
	case r.missing:
		return CauseMissing
	case r.unread != nil:
		return CauseUnread
	case r.damage != nil:
		return CauseDamaged
	case w != nil && (len(r.entries) < w.Lines || r.last.Revision < w.Revision):
		return CauseBehind
	case w != nil && !r.chain.Has(w.Lines, w.Head):
		return CauseDamaged
	case r.last.Act == "":
		return CauseUnwritten
	case r.last.Act == ActAnew:
		return CauseAnew
	}
	return CauseNone
}

// whole says that the log is a chain that can be written on.
func (r *reading) whole(c Cause) bool {
	switch c {
	case CauseNone, CauseAnew, CauseUnwritten:
		return true
	case CauseWitness:
		return !r.missing && r.unread == nil && r.damage == nil && r.chain.Size() > 0
	}
	return false
}

// line returns the number of the line that is damaged; 0 when none is.
func (r *reading) line(c Cause, seen *witness) int {
	switch {
	case c != CauseDamaged:
		return 0
	case r.damage != nil:
		return len(r.entries) + 1
	}
	return highest(r.witness, seen).Lines
}

// trouble says in a sentence what cause means, and what to do about it.
func (r *reading) trouble(c Cause, line int) (trouble, fix string) {
	switch c {
	case CauseMissing:
		return logFile + ", the record of the site's decisions, is gone.", "Save the settings in the console; a new record begins."
	case CauseDamaged:
		return fmt.Sprintf("Line %d of %s is not what was written there.", line, logFile), fixSave
	case CauseBehind:
		return logFile + " is older than what was decided; somebody put an older copy of it back.", fixSave
	case CauseUnread:
		return fmt.Sprintf("%s cannot be read: %v.", logFile, r.unread), fixSave
	case CauseWitness:
		return "The witness of " + logFile + " outside the data directory is damaged or cannot be read, so it cannot be told whether the record is whole.",
			"Save the settings in the console; a new witness begins."
	case CauseAnew:
		return "The record of the site's decisions was damaged, and no administrator has decided since.", fixSave
	}
	return "", ""
}

const fixSave = "Save the settings in the console; the damaged file is kept beside it."
