package lookup

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// lateShelf is a shelf on which something is put at a time.
type lateShelf struct {
	*shelf
	at  time.Time // zero: never
	put func()
}

// Leave implements Store.
func (s *lateShelf) Leave(ctx context.Context, l page.Letter) (Asker, error) {
	_, err := s.shelf.Leave(ctx, l)
	return s, err
}

// Get implements Asker.
func (s *lateShelf) Get(ctx context.Context, asks []pages.Ask, each func(pages.Found) error) ([]schema.Month, error) {
	if !s.at.IsZero() && !time.Now().Before(s.at) {
		s.at = time.Time{}
		s.put()
	}
	return s.shelf.Get(ctx, asks, each)
}

// TestNewsWait: what a host sends while somebody waits is there within a second, who
// waits for nothing ends in time, and until there is more only the last days are
// asked for.
func TestNewsWait(t *testing.T) {
	days, before := []page.DayKeys{}, reach{today: 1}
	for d := today - 90; d <= today+1; d++ {
		days = append(days, page.NewRoot(id).Day(d))
	}
	for name, c := range map[string]struct {
		day         schema.Day
		n           uint32
		after, took time.Duration // the host sends, the wait is over
	}{
		"at once":       {today, 1, 0, 0},
		"after a while": {today, 1, 2500 * time.Millisecond, 3 * time.Second},
		"of yesterday":  {today - 1, 0, 2 * time.Second, 2 * time.Second},
		"never":         {today, 1, time.Hour, 15 * time.Second},
	} {
		s, more := &lateShelf{shelf: &shelf{}}, &shelf{}
		s.shelf.put(t, today, 0, one(used(now)))
		more.put(t, c.day, c.n, one(used(now)))
		s.put = func() { maps.Copy(s.pages, more.pages) }
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			s.at = began.Add(c.after)
			err := await(t.Context(), s, days, Options{Now: now, After: &History{reach: before}, Wait: 15 * time.Second})
			if err != nil || time.Since(began) != c.took {
				t.Errorf("%s: %v, after %v", name, err, time.Since(began))
			}
			if len(s.asked) == 0 || len(s.asked[0]) > 3*maxMisses {
				t.Errorf("%s: tags asked for while waiting: %d", name, len(slices.Concat(s.asked...)))
			}
			ctx, end := context.WithTimeout(t.Context(), 2*time.Second)
			defer end()
			if err := await(ctx, s, days, Options{Now: now, After: &History{reach: reach{today: 9, today - 1: 9}}, Wait: time.Hour}); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("who went away waited on: %v", err)
			}
		})
	}
}

// TestNews: what is opened again is there as soon as the store has a page more,
// and not before; it is opened whole, and one note is left for it.
func TestNews(t *testing.T) {
	s := &lateShelf{shelf: &shelf{}}
	s.shelf.put(t, today, 0, one(used(now)))
	before, err := look(t, s.shelf, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	s.letters = nil
	s.put = func() { s.shelf.put(t, today, 1, one(used(now))) }
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s.at = began.Add(3 * time.Second)
		h, err := Timeline(t.Context(), s, SubjectOf(id), Options{Now: now, Registry: registry.BaseSet(), After: before, Wait: time.Hour})
		if err != nil || h.Pages != 2 || len(s.letters) != 1 || time.Since(began) != 3*time.Second {
			t.Errorf("%+v, %v, %d notes, after %v", h, err, len(s.letters), time.Since(began))
		}
	})
}
