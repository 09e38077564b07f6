package upkeep

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// fakeTime is a wall clock that can be set, and a monotonic one that cannot.
type fakeTime struct {
	wall time.Time
	mono time.Duration
}

func (f *fakeTime) run(d time.Duration) { f.wall, f.mono = f.wall.Add(d), f.mono+d }

// setTime gives upkeep a calendar that goes by clocks of the test's.
func (h *house) setTime(f *fakeTime) {
	h.t.Helper()
	c, err := calendar.Open(calendar.Config{
		Dir: h.dir, Now: func() time.Time { return f.wall }, Ran: func() time.Duration { return f.mono },
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.up.cfg.Today = c.Today
}

// keep lets upkeep look every four hours for so many days.
func (h *house) keep(f *fakeTime, days int) {
	for range days * 6 {
		h.up.forget(h.t.Context())
		f.run(4 * time.Hour)
	}
}

func TestRetentionForgets(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 30)
	f := &fakeTime{wall: h.today.Time()}
	h.setTime(f)
	h.keep(f, 8)
	if got := h.count(30); got != 30 {
		t.Fatalf("%d of 30 pages are left within the retention", got)
	}
	for f.wall.Before(h.today.Time().AddDate(0, 0, 200)) { // time passes, and nothing stops
		f.run(8 * 24 * time.Hour)
		h.up.forget(t.Context())
	}
	if got := h.count(30); got != 0 {
		t.Errorf("%d pages are left after 200 days", got)
	}
	if _, err := h.rows.Keys(h.today.Month()); !errors.Is(err, db.ErrForgotten) {
		t.Errorf("the secret of a forgotten month is there: %v", err)
	}
	if _, ok, err := h.rows.Get(h.today.Month(), db.Measures, []byte("a sum of its own")); !ok || err != nil {
		t.Errorf("sums went with the pages: %v, %v", ok, err)
	}
	for f.wall.Before(h.today.Time().AddDate(3, 0, 0)) {
		f.run(8 * 24 * time.Hour)
		h.up.forget(t.Context())
	}
	if months, err := h.rows.Months(); err != nil || len(months) > 0 {
		t.Errorf("after three years: %v, %v", months, err)
	}
}

// TestRetentionAndClockJumps: a clock that is ten years ahead for some days
// destroys nothing, with and without a restart in between.
func TestRetentionAndClockJumps(t *testing.T) {
	const years = 10 * 365 * 24 * time.Hour
	for _, restarts := range []bool{false, true} {
		h := newHouse(t)
		h.fill(0, 12)
		f := &fakeTime{wall: h.today.Time()}
		h.setTime(f)
		h.keep(f, 9)
		for _, by := range []time.Duration{years, -2 * years, years} {
			f.wall = f.wall.Add(by)
			if restarts {
				h.close()
				h.open(true)
				h.setTime(f)
			}
			h.keep(f, 3)
		}
		if got := h.count(12); got != 12 {
			t.Errorf("restarts %v: %d of 12 pages are left", restarts, got)
		}
	}
}

// TestWindowHidesWhatIsOver: a day that is older than the retention is not
// shown although its month is still there, and the answer fits the question.
func TestWindowHidesWhatIsOver(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 9)
	asks := make([]pages.Ask, 9)
	for n := range asks {
		asks[n] = pages.Ask{Day: h.day(n), Tag: h.right[n].Tag}
	}
	shown := func(first schema.Day) (found []int) {
		w := Window{Pages: pages.New(h.rows, nil), First: func() schema.Day { return first }}
		unread, err := w.Get(t.Context(), asks, func(f pages.Found) error { found = append(found, f.Index); return nil })
		if err != nil || len(unread) > 0 {
			t.Fatalf("%v, %v", unread, err)
		}
		return found
	}
	if got := shown(h.today - 90); len(got) != 9 {
		t.Errorf("of nine within the retention: %v", got)
	}
	if got := shown(h.today - 30); !slices.Equal(got, []int{0, 3, 6}) {
		t.Errorf("of the last 30 days: %v", got)
	}
	if h.up.First() != h.today-90 {
		t.Errorf("it shows from %s", h.up.First())
	}
}

// TestWindowOfAStoreThatRests: a command that opens the directory itself shows
// what the store that ran last would.
func TestWindowOfAStoreThatRests(t *testing.T) {
	h := newHouse(t)
	p := pages.New(h.rows, nil)
	w, err := WindowOf(h.dir, p, h.today)
	if err != nil || w.First() != 0 {
		t.Errorf("before any store ran: from %s, %v", w.First(), err)
	}
	if _, err := New(Config{Dir: h.dir, DB: h.rows, Secrets: h.box, Ledger: h.ledger, Today: h.on, RetentionDays: 30}); err != nil {
		t.Fatal(err)
	}
	if w, err = WindowOf(h.dir, p, h.today); err != nil || w.First() != h.today-30 {
		t.Errorf("after one with 30 days: from %s, %v", w.First(), err)
	}
}

func TestLimits(t *testing.T) {
	day := func(s string) schema.Day {
		at, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return schema.DayOf(at)
	}
	for _, tt := range []struct {
		day         string
		retention   schema.Day
		pages, sums string
	}{
		{"2026-11-21", 90, "2026-08", "2024-10"}, // 90 days before is 2026-08-23
		{"2026-11-29", 90, "2026-08", "2024-10"}, // 2026-08-31 is kept
		{"2026-11-30", 90, "2026-09", "2024-10"}, // and is over
		{"2027-01-01", 400, "2025-11", "2024-12"},
	} {
		pages, sums, ok := limits(day(tt.day), tt.retention)
		if !ok || pages.String() != tt.pages || sums.String() != tt.sums {
			t.Errorf("%s, %d days: pages from %s, sums from %s, %v", tt.day, tt.retention, pages, sums, ok)
		}
	}
	if _, _, ok := limits(0, 90); ok {
		t.Error("something is forgotten although no day is sure")
	}
}

// TestTheLedgerIsSettled at the start and when the day changes, and not in between.
func TestTheLedgerIsSettled(t *testing.T) {
	h := newHouse(t)
	h.fill(0, 6)
	f := &fakeTime{wall: h.today.Time()}
	h.setTime(f)
	length := func() int {
		b, err := os.ReadFile(filepath.Join(h.keys, pages.LedgerFile))
		if err != nil {
			t.Fatal(err)
		}
		return len(b)
	}
	for n, wait := range []time.Duration{0, time.Hour, 24 * time.Hour} {
		f.run(wait)
		h.erase(n)
		before := length()
		h.up.settle(t.Context())
		if settled := length() < before; settled != (wait != time.Hour) {
			t.Errorf("after %v: from %d bytes to %d", wait, before, length())
		}
	}
}
