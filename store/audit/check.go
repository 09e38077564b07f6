package audit

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Checked is what a check of a log found.
type Checked struct {
	Rows int            // that could be read
	Head durable.Digest // of the last of these: compare it with a copy that is kept elsewhere
	Open int            // acts without an outcome: of a crash, or going on now
}

// Check reads the whole log anew and compares it with its chain and its witness.
// The error is [ErrDamaged], [ErrCut] or [ErrGone], or says why it could not be
// read. Where there never was a log it makes none.
func Check(ctx context.Context, cfg Config) (Checked, error) {
	if _, err := os.Stat(cfg.Dir); errors.Is(err, fs.ErrNotExist) {
		if (&Log{cfg: cfg}).began() {
			return Checked{}, ErrGone
		}
		return Checked{}, nil
	}
	l, err := Open(cfg)
	if err != nil {
		return Checked{}, err
	}
	entries, err := l.Entries(ctx)
	return Checked{Rows: len(entries), Head: l.Head(), Open: open(entries)}, err
}

// open counts the acts that have no outcome.
func open(entries []Entry) int {
	waiting := map[int]bool{}
	for _, e := range entries {
		switch {
		case e.Act.Ends():
			waiting[e.N] = true
		case e.Act == Outcome:
			delete(waiting, e.For)
		}
	}
	return len(waiting)
}
