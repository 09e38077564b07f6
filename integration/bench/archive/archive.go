package archive

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"iter"
	mrand "math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// Plan says what is filled.
type Plan struct {
	Dir, KeysDir string     // of a store that was started before, and does not run
	Pages        int        // in all
	Today        schema.Day // the last day; the first is 399 days before
	Known        int        // installations that are known
	Long         int        // records of one more, all of the last 90 days; 0: there is none
}

// Archive is who is known in a store.
type Archive struct {
	Known []uuid.UUID // of one to three pages a day, on four days of five
	Long  uuid.UUID   // of the one with many records
}

const (
	days     = 400
	longDays = 90
	group    = 1024 // pages of one commit
)

// Fill writes the pages. What is known comes first, and strangers fill up.
func Fill(ctx context.Context, p Plan) (a *Archive, err error) {
	secrets, err := secret.Open(p.KeysDir, nil)
	if err != nil {
		return nil, fmt.Errorf("fill archive: %w", err)
	}
	f := &filler{groups: map[schema.Month][]db.Batch{}}
	f.rows, err = db.Open(db.Config{Dir: p.Dir, Secrets: secrets, Existing: true, Now: func() time.Time { return schema.Day(f.today.Load()).Time() }})
	if err != nil {
		return nil, fmt.Errorf("fill archive: %w", err)
	}
	defer func() { err = errors.Join(err, f.rows.Close()) }()
	f.today.Store(uint32(p.Today))
	a = &Archive{}
	if p.Long > 0 {
		long := newInstallation()
		a.Long = long.id
		if err := f.all(ctx, long.many(p.Today, p.Long)); err != nil {
			return nil, fmt.Errorf("fill archive: %w", err)
		}
	}
	for range p.Known {
		i := newInstallation()
		a.Known = append(a.Known, i.id)
		if err := f.all(ctx, i.usual(p.Today)); err != nil {
			return nil, fmt.Errorf("fill archive: %w", err)
		}
	}
	if err := errors.Join(f.fillUp(ctx, p), f.flush(ctx)); err != nil {
		return nil, fmt.Errorf("fill archive: %w", err)
	}
	return a, nil
}

// filler commits pages in groups of a month.
type filler struct {
	rows   *db.DB
	today  atomic.Uint32 // the rows' clock: in the month that is filled, as it was when its pages came
	groups map[schema.Month][]db.Batch
	pages  int
}

// fillUp adds pages of strangers, the oldest first and as many of each day.
func (f *filler) fillUp(ctx context.Context, p Plan) error {
	missing := max(0, p.Pages-f.pages)
	for n := range days {
		d := p.Today - days + 1 + schema.Day(n)
		if d.Month() != schema.Day(f.today.Load()).Month() {
			f.today.Store(uint32(d))
		}
		if err := f.all(ctx, strangers(d, (n+1)*missing/days-n*missing/days)); err != nil {
			return err
		}
	}
	return nil
}

// all adds pages, and commits groups that are full.
func (f *filler) all(ctx context.Context, sealed iter.Seq2[page.Page, error]) error {
	for p, err := range sealed {
		if err != nil {
			return err
		}
		if err := f.add(ctx, p); err != nil {
			return err
		}
	}
	return nil
}

func (f *filler) add(ctx context.Context, p page.Page) error {
	m := p.Day.Month()
	keys, err := f.rows.Keys(m)
	if err != nil {
		return err
	}
	batch := schema.NewBatchID()
	row, err := pages.Row(keys, p, batch)
	if err != nil {
		return err
	}
	known := db.Row{Table: db.PageBatches, Key: batch[:], Value: keys.Known(p.Marshal())}
	f.groups[m] = append(f.groups[m], db.Batch{row, known})
	f.pages++
	if len(f.groups[m]) < group {
		return nil
	}
	return f.commit(ctx, m)
}

func (f *filler) commit(ctx context.Context, m schema.Month) error {
	batches := f.groups[m]
	delete(f.groups, m)
	return f.rows.Commit(ctx, db.Group{Month: m, Batches: batches})
}

func (f *filler) flush(ctx context.Context) error {
	var errs []error
	for m := range f.groups {
		errs = append(errs, f.commit(ctx, m))
	}
	return errors.Join(errs...)
}

// strangers gives pages of a day, of installations that nobody knows.
func strangers(d schema.Day, count int) iter.Seq2[page.Page, error] {
	return func(yield func(page.Page, error) bool) {
		like, err := newInstallation().seal(d, 0, nil)
		if err != nil {
			yield(like, err)
			return
		}
		var seed [32]byte
		_, _ = rand.Read(seed[:]) // crypto/rand.Read never returns an error
		random := mrand.NewChaCha8(seed)
		for range count {
			p := page.Page{Day: d, Build: like.Build, Sealed: make([]byte, len(like.Sealed))}
			for _, b := range [][]byte{p.Tag[:], p.Witness[:], p.Sealed} {
				_, _ = random.Read(b) // ChaCha8.Read never returns an error
			}
			if !yield(p, nil) {
				return
			}
		}
	}
}
