package db

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
)

// forgottenExt ends the name of a half's directory that is being removed.
const forgottenExt = ".forgotten"

// Forgotten says which months lost a half.
type Forgotten struct {
	Pages, Sums []schema.Month // oldest first
}

// Forget drops the pages of the months before pagesBefore and the sums of those
// before sumsBefore. First the secret moves on to that of pagesBefore, so that
// S of earlier months is gone from the disk before their pages are, and nothing
// opens a copy of them. A half that is read in this moment stays, and the error
// says so: forget it again.
func (d *DB) Forget(ctx context.Context, pagesBefore, sumsBefore schema.Month) (Forgotten, error) {
	d.writer.Lock()
	defer d.writer.Unlock()
	var f Forgotten
	if err := d.keys.forget(pagesBefore); err != nil {
		return f, err
	}
	have, err := d.Months()
	if err != nil {
		return f, err
	}
	var errs []error
	for _, m := range have {
		if ctx.Err() != nil {
			return f, errors.Join(append(errs, ctx.Err())...)
		}
		if m < pagesBefore {
			if err := forgetCheck(d.cfg.Dir, m); err != nil {
				errs = append(errs, fmt.Errorf("forget the check of month %s: %w", m, err))
			}
			f.Pages, errs = d.forgetHalf(f.Pages, errs, placeKey{m, PagesHalf})
		}
		if m < sumsBefore {
			f.Sums, errs = d.forgetHalf(f.Sums, errs, placeKey{m, SumsHalf})
		}
	}
	return f, errors.Join(errs...)
}

func (d *DB) forgetHalf(gone []schema.Month, errs []error, k placeKey) ([]schema.Month, []error) {
	there, err := d.drop(k)
	if err != nil {
		errs = append(errs, fmt.Errorf("forget %s of month %s: %w", k.half, k.month, err))
	}
	if there && err == nil {
		gone = append(gone, k.month)
	}
	return gone, errs
}

// drop closes a half and removes it. It says whether there was one.
func (d *DB) drop(k placeKey) (was bool, err error) {
	p, err := d.place(k)
	if err != nil {
		return false, err
	}
	defer d.using.Done()
	p.mu.Lock()
	defer p.mu.Unlock()
	path := halfPath(d.cfg.Dir, k.month, k.half)
	if !there(path, d.begun.has(k)) {
		return false, nil
	}
	if p.users > 0 {
		return true, errors.New("somebody reads it; fix: forget it again")
	}
	if err := p.shut(); err != nil {
		return true, err
	}
	if err := ignoreGone(os.Rename(path, path+forgottenExt)); err != nil { // gone: only what lies beside it is left
		return true, err
	}
	if err := d.begun.set(k, false); err != nil {
		return true, err
	}
	d.note(k, func(h *harm) { *h = harm{} })
	return true, remove(path)
}

// remove removes what lies beside a half that was renamed, and then the half,
// and the month when it was the last. It can be begun again after a crash, which
// at no moment leaves a half that seems to have lost its rows.
func remove(path string) error {
	month := filepath.Dir(path)
	entries, err := os.ReadDir(month)
	if errors.Is(err, os.ErrNotExist) { // it was lost before it was forgotten
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		beside := strings.HasPrefix(e.Name(), filepath.Base(path)+".")
		if beside && filepath.Join(month, e.Name()) != path+forgottenExt {
			if err := os.RemoveAll(filepath.Join(month, e.Name())); err != nil {
				return err
			}
		}
	}
	if err := durable.SyncDir(month); err != nil { // first what lists rows, then the rows
		return err
	}
	if err := errors.Join(os.RemoveAll(path+forgottenExt), durable.SyncDir(month)); err != nil {
		return err
	}
	if rest, err := os.ReadDir(month); err != nil || len(rest) > 0 {
		return err
	}
	return errors.Join(os.Remove(month), durable.SyncDir(filepath.Dir(month)))
}

// sweep removes what a crash left of halves that were being forgotten.
func sweep(dir string, begun *begun) error {
	have, err := months(dir)
	for _, m := range have {
		for _, h := range halves {
			path := halfPath(dir, m, h)
			if _, gone := os.Stat(path + forgottenExt); gone != nil {
				continue
			}
			if e := begun.set(placeKey{m, h}, false); e != nil { // first: what is left says why it is not there
				err = errors.Join(err, e)
				continue
			}
			err = errors.Join(err, remove(path))
		}
	}
	return err
}
