package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// partialExt is the name under which a store is restored before it is whole.
const partialExt = ".partial"

// RestoreConfig says what to restore, and where.
type RestoreConfig struct {
	// File is the backup. Required.
	File string
	// Dir is the data directory of the store that is to be. It must not be
	// there, or be empty. Required.
	Dir string
	// Secrets are those of the store that was backed up, with its ledger of
	// erasures. Required.
	Secrets *secret.Box
	// Verify reads every row again once all are written, and compares them with
	// the manifest and with the digests in the backup.
	Verify bool
	// Logger gets troubles. nil: nothing is logged.
	Logger *slog.Logger
}

// Restored says what a restore did.
type Restored struct {
	Backed
	Erased   int   `json:"erased"`   // pages that were erased since the backup, and are again
	Recalled int64 `json:"recalled"` // pages that were recalled since the backup, and are again
	Closed   int64 `json:"closed"`   // pages of months whose secret is gone: left out
	Verified bool  `json:"verified"`
}

// Restore makes a store of a backup: in a directory beside Dir, which becomes
// Dir when all of the backup was read and found whole, and what was erased or
// recalled since is gone from it. Otherwise nothing is left of it. Errors wrap
// [ErrNotEmpty], [ErrBackup], [ErrNoSecret], or pages.ErrOlder when the ledger
// of erasures is older than the backup.
func Restore(ctx context.Context, cfg RestoreConfig, p Progress) (Restored, error) {
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	r := restore{cfg: cfg, progress: seldom(p), partial: strings.TrimRight(cfg.Dir, string(os.PathSeparator)) + partialExt}
	if err := r.run(ctx); err != nil {
		return Restored{}, fmt.Errorf("restore store: %w", err)
	}
	return r.out, nil
}

// restore is a restore under way.
type restore struct {
	cfg      RestoreConfig
	progress Progress
	partial  string
	out      Restored

	rows   *db.DB
	ledger *pages.Ledger
	ends   []halfEnd
}

// halfEnd is what the backup says of a half that was loaded.
type halfEnd struct {
	month schema.Month
	half  db.Half
	end   endPart
}

func (r *restore) run(ctx context.Context) (err error) {
	key, err := secretFor(r.cfg.File, r.cfg.Secrets)
	if err != nil {
		return err
	}
	if err := vacant(r.cfg.Dir); err != nil {
		return err
	}
	if r.ledger, err = pages.OpenLedger(r.cfg.Secrets.Dir(), r.cfg.Logger); err != nil {
		return err
	}
	if err := durable.MakeOwnerDir(r.partial); err != nil {
		return err
	}
	lock, err := datadir.TakeLock(r.partial, home.Name)
	if err != nil {
		return err // another restore into the same directory
	}
	err = r.fill(ctx, key)
	if err = errors.Join(err, lock.Release()); err != nil {
		return errors.Join(err, os.RemoveAll(r.partial))
	}
	return r.move()
}

// fill makes the whole store in the partial directory, and closes it.
func (r *restore) fill(ctx context.Context, key BackupSecret) (err error) {
	if err := empty(r.partial); err != nil {
		return err
	}
	r.rows, err = db.Open(db.Config{Dir: r.partial, Secrets: r.cfg.Secrets, Restore: true, Logger: r.cfg.Logger})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.rows.Close()) }()
	return r.load(ctx, key)
}

func (r *restore) load(ctx context.Context, key BackupSecret) error {
	backed, closing, err := readFile(ctx, r.cfg.File, key, sink{head: r.head, rows: r.take, end: r.end}, "restore", r.progress)
	if err != nil {
		return err
	}
	r.out.Backed = backed
	if err := r.ledger.Covers(closing.Erased); err != nil {
		return err
	}
	if r.cfg.Verify {
		if err := r.verify(ctx); err != nil {
			return err
		}
		r.out.Verified = true
	}
	if r.out.Erased, err = r.ledger.Replay(ctx, r.rows, pages.Mark{}); err != nil {
		return err
	}
	if err := pages.NoteErased(r.partial, r.ledger.Mark()); err != nil {
		return err
	}
	return r.recall(ctx)
}

// head refuses before anything is written when the ledger is too old.
func (r *restore) head(h headPart) error { return r.ledger.Covers(h.Erased) }

// closed says whether rows cannot be used any more: pages of a month whose
// secret is gone.
func (r *restore) closed(m schema.Month, h db.Half) (bool, error) {
	_, err := r.rows.Keys(m)
	if errors.Is(err, db.ErrForgotten) {
		return h == db.PagesHalf, nil
	}
	return false, err
}

func (r *restore) take(ctx context.Context, m schema.Month, h db.Half, part []byte) error {
	closed, err := r.closed(m, h)
	if err != nil {
		return err
	}
	var rows []db.Whole
	err = eachRow(part, func(key, value []byte) error {
		if closed && db.Table(key[0]) == db.Pages {
			r.out.Closed++
		}
		rows = append(rows, db.Whole{Key: key, Value: value})
		return nil
	})
	if err != nil || closed {
		return err
	}
	return r.rows.Load(ctx, m, rows)
}

func (r *restore) end(_ context.Context, m schema.Month, h db.Half, e endPart) error {
	if closed, err := r.closed(m, h); err != nil || closed {
		return err
	}
	r.ends = append(r.ends, halfEnd{m, h, e})
	return nil
}

// verify reads every row that was loaded.
func (r *restore) verify(ctx context.Context) error {
	for _, e := range r.ends {
		var row []byte
		sum := newRowDigest()
		err := r.rows.Dump(ctx, e.month, e.half, func(key, value []byte) error {
			row = appendRow(row[:0], key, value)
			sum.row(row)
			r.progress(Step{Act: "verify " + e.month.String() + " " + e.half.String(), Done: sum.rows, Total: e.end.Rows})
			return nil
		})
		if err != nil {
			return err
		}
		if sum.rows != e.end.Rows || sum.sum() != e.end.Digest {
			return fmt.Errorf("%s of %s: %d rows were read back and they are not the %d of the backup; fix: look at the volume, and restore again",
				e.half, e.month, sum.rows, e.end.Rows)
		}
	}
	return nil
}

// recall destroys again what was recalled.
func (r *restore) recall(ctx context.Context) error {
	recalls, err := readRecalls(r.cfg.Secrets)
	if err != nil {
		return err
	}
	for _, one := range recalls {
		got, err := recall(ctx, r.rows, one, r.progress)
		r.out.Recalled += got.Pages
		if err == nil && len(got.Findings) > 0 {
			err = fmt.Errorf("recall again from %s: %s", got.Findings[0].Month, got.Findings[0].What)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
