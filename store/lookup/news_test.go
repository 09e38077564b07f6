package lookup

import (
	"context"
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

// TestNews: what a host sends while somebody waits is there within a second, and who
// waits for nothing has what there was. There is one note of it, and until there is
// more only the last days are asked for.
func TestNews(t *testing.T) {
	for name, c := range map[string]struct {
		day   schema.Day
		n     uint32
		after time.Duration // the host sends
		pages int
		took  time.Duration
	}{
		"at once":       {today, 1, 0, 2, 0},
		"after a while": {today, 1, 2500 * time.Millisecond, 2, 3 * time.Second},
		"of yesterday":  {today - 1, 0, 2 * time.Second, 2, 2 * time.Second},
		"never":         {today, 1, time.Hour, 1, 15 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := &lateShelf{shelf: &shelf{}}
			s.shelf.put(t, today, 0, one(used(now)))
			opt := Options{Now: now, Registry: registry.BaseSet()}
			before, err := Timeline(t.Context(), s, SubjectOf(id), opt)
			if err != nil {
				t.Fatal(err)
			}
			s.letters, s.asked = nil, nil
			s.at, s.put = time.Now().Add(c.after), func() { s.shelf.put(t, c.day, c.n, one(used(now))) }
			opt.After, opt.Wait = before, 15*time.Second
			began := time.Now()
			h, err := Timeline(t.Context(), s, SubjectOf(id), opt)
			if err != nil || h.Pages != c.pages || time.Since(began) != c.took {
				t.Errorf("%s: %+v, %v, after %v", name, h, err, time.Since(began))
			}
			if len(s.letters) != 1 || len(s.asked[0]) > 3*maxMisses {
				t.Errorf("%s: %d notes, %d tags asked for while waiting", name, len(s.letters), len(s.asked[0]))
			}
		})
	}
}

// TestNewsEnds: who goes away waits no longer.
func TestNewsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{}
		s.put(t, today, 0, one(used(now)))
		before, err := look(t, s, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, end := context.WithTimeout(t.Context(), 2*time.Second)
		defer end()
		if _, err := Timeline(ctx, s, SubjectOf(id), Options{Now: now, Registry: registry.BaseSet(), After: before, Wait: time.Hour}); err == nil {
			t.Error("it waited for an hour")
		}
	})
}
