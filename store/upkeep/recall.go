package upkeep

import (
	"context"
	"errors"
	"fmt"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// Recall names the pages of a build by what stands outside their seal.
type Recall struct {
	// Release is the registry's, Version the agent's. Zero or empty: any; one
	// of the two is required.
	Release schema.Release
	Version string
	// From and To are the first and last day of sending. Required.
	From, To schema.Day
	// DryRun only counts.
	DryRun bool
}

func (r *Recall) check() error {
	switch {
	case r.Release == 0 && r.Version == "":
		return fmt.Errorf("%w: it needs a registry release or an agent's version", ErrRecall)
	case len(r.Version) > page.MaxVersionLen:
		return fmt.Errorf("%w: a version of %d bytes, at most %d", ErrRecall, len(r.Version), page.MaxVersionLen)
	case r.From == 0 || r.To < r.From:
		return fmt.Errorf("%w: from %s to %s is no span of days", ErrRecall, r.From, r.To)
	}
	return nil
}

func (r *Recall) hits(b page.Build, day schema.Day) bool {
	return r.From <= day && day <= r.To && (r.Release == 0 || r.Release == b.Release) && (r.Version == "" || r.Version == b.Version)
}

// Recalled says what a recall destroyed, or with DryRun would destroy.
type Recalled struct {
	Pages    int64        `json:"pages"`
	Months   []MonthPages `json:"months"`
	DryRun   bool         `json:"dry_run"`
	Findings []Finding    `json:"findings,omitempty"` // what could not be read
}

// MonthPages is how many pages of one month were meant.
type MonthPages struct {
	Month string `json:"month"`
	Pages int64  `json:"pages"`
	Of    int64  `json:"of"` // pages that the month had
}

// Recall destroys, unread, every page of the build and days that r names. The
// rows that name the batches stay, so that a replay of such a page is answered
// and not stored again. It is noted in the secrets first: a backup that is
// restored later loses the same pages.
//
// It holds 1/256 of a month's keys in memory. When it ends early, what was
// destroyed stays destroyed: order it again. Errors wrap [ErrRecall].
func (u *Upkeep) Recall(ctx context.Context, r Recall, p Progress) (Recalled, error) {
	if err := r.check(); err != nil {
		return Recalled{}, err
	}
	done, err := u.take(ctx, p)
	if err != nil {
		return Recalled{}, fmt.Errorf("recall: %w", err)
	}
	defer done()
	if !r.DryRun {
		if err := noteRecall(u.cfg.Secrets, r); err != nil {
			return Recalled{}, fmt.Errorf("recall: %w", err)
		}
	}
	return recall(ctx, u.cfg.DB, r, p)
}

// recall goes through the months.
func recall(ctx context.Context, rows *db.DB, r Recall, p Progress) (Recalled, error) {
	out := Recalled{DryRun: r.DryRun, Months: []MonthPages{}}
	months, err := rows.Months()
	if err != nil {
		return out, fmt.Errorf("recall: %w", err)
	}
	for _, m := range months {
		if m < r.From.Month() || m > r.To.Month() {
			continue
		}
		search := recallMonth{rows: rows, month: m, recall: r, progress: seldom(p)}
		err := search.run(ctx)
		if ctx.Err() != nil {
			return out, fmt.Errorf("recall: %w", ctx.Err())
		}
		out.Findings = append(out.Findings, search.findings(err)...)
		if search.meant > 0 {
			out.Months = append(out.Months, MonthPages{Month: m.String(), Pages: search.meant, Of: search.seen})
		}
		out.Pages += search.meant
	}
	return out, nil
}

// recallMonth is the search through one month.
type recallMonth struct {
	rows     *db.DB
	month    schema.Month
	recall   Recall
	progress Progress

	keys              db.MonthKeys
	seen, meant, dark int64 // rows; of these recalled; of these unreadable
}

// prefixes is how many parts a month is searched in: by the first byte of the
// row keys, which are spread evenly.
const prefixes = 256

func (s *recallMonth) run(ctx context.Context) (err error) {
	if s.keys, err = s.rows.Keys(s.month); err != nil {
		if errors.Is(err, db.ErrForgotten) {
			return nil // its pages are closed for good
		}
		return err
	}
	for b := range prefixes {
		s.progress(Step{Act: "recall " + s.month.String(), Done: int64(b), Total: prefixes})
		doomed, err := s.search(ctx, byte(b))
		if err != nil {
			return err
		}
		if len(doomed) == 0 {
			continue
		}
		if !s.recall.DryRun {
			if err := s.rows.Delete(ctx, s.month, db.Pages, doomed); err != nil {
				return err
			}
		}
		s.meant += int64(len(doomed))
	}
	return nil
}

// search returns the keys of the rows that are meant, of those that begin with
// one byte.
func (s *recallMonth) search(ctx context.Context, first byte) (doomed [][]byte, err error) {
	err = s.rows.Scan(ctx, s.month, db.Pages, []byte{first}, func(key, value []byte) error {
		s.seen++
		build, day, ok := pages.BuildOf(s.keys, key, value)
		switch {
		case !ok:
			s.dark++
		case s.recall.hits(build, day):
			doomed = append(doomed, key)
		}
		return nil
	})
	return doomed, err
}

func (s *recallMonth) findings(err error) (out []Finding) {
	at := Finding{Month: s.month.String(), Half: db.PagesHalf.String()}
	if err != nil {
		at.What, at.Fix = err.Error(), fixHalf(s.month, db.PagesHalf)
		out = append(out, at)
	}
	if s.dark > 0 {
		at.What, at.Fix = fmt.Sprintf("%d pages do not show their build", s.dark), "look at the volume; "+fixHalf(s.month, db.PagesHalf)
		out = append(out, at)
	}
	return out
}
