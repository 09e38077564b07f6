package upkeep

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// halves are the parts of a month, in the order of a backup.
var halves = [...]db.Half{db.PagesHalf, db.SumsHalf}

// Backed says what a backup holds.
type Backed struct {
	Day      string    `json:"day"` // of writing, as in 2026-11-21
	Months   []string  `json:"months"`
	Rows     int64     `json:"rows"`
	Digest   string    `json:"digest"`             // of all rows; a restore that verifies compares it
	Findings []Finding `json:"findings,omitempty"` // what the store could not give; the rest is there
}

// Backup writes all rows to w, sealed; secrets are not among them. Every row is
// compared with the manifest on the way. The store may take new batches
// meanwhile: what was confirmed before the call is in the backup, and what came
// since may be.
//
// Pages that were erased and could not be taken from the rows yet are left out.
// A half that cannot be read whole is in the backup as far as it can be, and in
// Findings. It holds 256 KiB of rows in memory.
func (u *Upkeep) Backup(ctx context.Context, w io.Writer, p Progress) (Backed, error) {
	done, err := u.take(ctx, p)
	if err != nil {
		return Backed{}, fmt.Errorf("back up store: %w", err)
	}
	defer done()
	out, err := u.backup(ctx, w, seldom(p))
	if err != nil {
		return Backed{}, fmt.Errorf("back up store: %w", err)
	}
	return out, nil
}

func (u *Upkeep) backup(ctx context.Context, w io.Writer, p Progress) (Backed, error) {
	key, err := ownSecret(u.cfg.Secrets)
	if err != nil {
		return Backed{}, err
	}
	months, err := u.cfg.DB.Months()
	if err != nil {
		return Backed{}, err
	}
	size, err := u.cfg.DB.Size()
	if err != nil {
		return Backed{}, err
	}
	sealed, err := newSealer(w, key)
	if err != nil {
		return Backed{}, err
	}
	b := backup{up: u, parts: newPartWriter(sealed), progress: p, total: size.Rows, behind: u.cfg.Ledger.Behind(u.cfg.Dir)}
	b.out = Backed{Day: u.cfg.Today().Day.String(), Months: []string{}}
	if err := b.write(ctx, months); err != nil {
		return Backed{}, err
	}
	return b.out, sealed.Close()
}

// backup is a backup that is being written.
type backup struct {
	up       *Upkeep
	parts    *partWriter
	progress Progress
	done     int64
	total    int64
	behind   []schema.Month // that may still have what was erased
	out      Backed
}

func (b *backup) write(ctx context.Context, months []schema.Month) error {
	for _, m := range months {
		b.out.Months = append(b.out.Months, m.String())
	}
	head := headPart{Form: backupForm, Day: b.out.Day, Months: b.out.Months, Erased: b.up.cfg.Ledger.Mark()}
	if err := b.parts.json(partHead, head); err != nil {
		return err
	}
	for _, m := range months {
		for _, h := range halves {
			if err := b.half(ctx, m, h); err != nil {
				return err
			}
		}
	}
	// Rows that were erased meanwhile may be in the backup: only a ledger that
	// knows of them is new enough.
	closing, err := b.parts.close(b.up.cfg.Ledger.Mark())
	b.out.Rows, b.out.Digest = closing.Rows, closing.Digest.String()
	return err
}

// errWrite marks errors of writing the backup, which end it; those of reading
// the store do not.
type errWrite struct{ error }

func (e errWrite) Unwrap() error { return e.error }

func (b *backup) half(ctx context.Context, m schema.Month, h db.Half) error {
	if err := b.parts.json(partHalf, halfPart{Month: m.String(), Half: h.String()}); err != nil {
		return err
	}
	erased, err := b.erased(ctx, m, h)
	if err != nil {
		return err
	}
	act := "back up " + m.String() + " " + h.String()
	err = b.up.cfg.DB.Dump(ctx, m, h, func(key, value []byte) error {
		b.done++
		b.progress(Step{Act: act, Done: min(b.done, b.total), Total: b.total})
		if erased[string(key)] {
			return nil
		}
		if err := b.parts.row(key, value); err != nil {
			return errWrite{err}
		}
		return nil
	})
	broken := ""
	var failed errWrite
	switch {
	case errors.As(err, &failed):
		return failed.error
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		broken = err.Error()
		b.out.Findings = append(b.out.Findings, Finding{Month: m.String(), Half: h.String(), What: broken, Fix: fixHalf(m, h)})
	}
	return b.parts.end(broken)
}

// erased returns the keys of rows that were erased and are still there, and of
// what knows their batches. Nothing has to be read for it unless the data is
// behind the ledger. What cannot be read does not come into the backup either.
func (b *backup) erased(ctx context.Context, m schema.Month, h db.Half) (map[string]bool, error) {
	if h != db.PagesHalf || !slices.Contains(b.behind, m) {
		return nil, nil
	}
	keys, err := b.up.cfg.DB.Keys(m)
	if errors.Is(err, db.ErrForgotten) { // they open no more: nobody can say which it was
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	erased := map[string]bool{}
	err = b.up.cfg.DB.Dump(ctx, m, h, func(key, value []byte) error {
		if row := key[1:]; db.Table(key[0]) == db.Pages && b.up.cfg.Ledger.Buries(keys, m, row, value) {
			erased[string(key)] = true
			erased[string(db.PageBatches)+string(pages.BatchKey(row))] = true
		}
		return nil
	})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil {
		b.up.log.Warn("look for what was erased", slog.Any("error", err)) // the backup will say what it could not read
	}
	return erased, nil
}
