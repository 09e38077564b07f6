package outbox

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// keep takes over an entry that is in the log.
func (o *Outbox) keep(k kept) {
	o.last = k.number
	o.entries = append(o.entries, k)
	o.bytes += int64(k.length)
}

// answered takes over what came of an entry.
func (o *Outbox) answered(a answerFrame) {
	if i, ok := o.find(a.Number); ok {
		o.entries[i].outcome, o.entries[i].answered = a.Outcome, a.Answered
	}
}

// drop forgets an entry.
func (o *Outbox) drop(number uint64) {
	if i, ok := o.find(number); ok {
		o.bytes -= int64(o.entries[i].length)
		o.entries = slices.Delete(o.entries, i, i+1)
	}
}

// prune forgets the oldest entries over the bounds, and removes files of which
// no entry is left. The newest file stays: it is written to.
func (o *Outbox) prune() error {
	for len(o.entries) > o.config.MaxEntries || len(o.entries) > 0 && o.bytes > o.config.MaxBytes {
		o.drop(o.entries[0].number)
	}
	for len(o.files) > 1 && (len(o.entries) == 0 || o.entries[0].file != o.files[0].first) {
		if err := os.Remove(o.path(o.files[0].first)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		o.files = o.files[1:]
	}
	return nil
}
