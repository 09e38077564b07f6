package upkeep

import (
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// fakeTime is a wall clock that can be set, and a monotonic one that cannot.
type fakeTime struct {
	wall time.Time
	mono time.Duration
}

func (f *fakeTime) run(d time.Duration) { f.wall, f.mono = f.wall.Add(d), f.mono+d }

var begin = time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC)

func newFakeClock(t *testing.T, dir string, f *fakeTime) *clock {
	t.Helper()
	n, err := readNotes(dir, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	c := newClock(n, func() time.Time { return f.wall }, slog.New(slog.DiscardHandler))
	c.mono = func() time.Duration { return f.mono }
	return c
}

// runHours looks every hour for so long and returns the latest day that a look
// gave.
func runHours(t *testing.T, c *clock, f *fakeTime, hours int) (latest schema.Day) {
	t.Helper()
	for range hours {
		day, err := c.look()
		if err != nil {
			t.Fatal(err)
		}
		latest = max(latest, day)
		f.run(time.Hour)
	}
	return latest
}

func TestClockBelieves(t *testing.T) {
	dir, f := t.TempDir(), &fakeTime{wall: begin}
	c := newFakeClock(t, dir, f)
	if day := runHours(t, c, f, 7*24); day != 0 {
		t.Fatalf("a store that believed nothing yet takes %s within a week", day)
	}
	if day := runHours(t, c, f, 2); day != schema.DayOf(begin)+7 {
		t.Fatalf("after a week it believes %s", day)
	}
	if day := runHours(t, c, f, 48); day != schema.DayOf(f.wall.Add(-time.Hour)) {
		t.Errorf("it does not follow the clock: %s", day)
	}

	f.run(30 * 24 * time.Hour) // off for a month
	c = newFakeClock(t, dir, f)
	before := c.believed
	if day := runHours(t, c, f, 24); day != before {
		t.Errorf("after a month's rest it takes %s within a day", day)
	}
	if day := runHours(t, c, f, 2); day < schema.DayOf(f.wall)-1 {
		t.Errorf("a day after a month's rest it believes %s", day)
	}
}

// TestClockJumps lets the wall clock jump by ten years and come back, at every
// stage of running, over restarts too: no look may give a day that is ahead of
// the true one.
func TestClockJumps(t *testing.T) {
	const years = 10 * 365 * 24 * time.Hour
	for name, jump := range map[string]time.Duration{"ahead": years, "back": -years} {
		for _, wrong := range []int{1, 5, 23, 100} { // hours
			for _, restarts := range []bool{false, true} {
				dir, f := t.TempDir(), &fakeTime{wall: begin}
				c := newFakeClock(t, dir, f)
				runHours(t, c, f, 8*24)
				f.wall = f.wall.Add(jump)
				if restarts {
					c = newFakeClock(t, dir, f)
				}
				day := runHours(t, c, f, wrong)
				f.wall = f.wall.Add(-jump)
				if restarts {
					c = newFakeClock(t, dir, f)
				}
				day = max(day, runHours(t, c, f, 24*9))
				if truth := schema.DayOf(f.wall); day > truth || day < truth-1 {
					t.Errorf("%s for %d h, restarts %v: it takes %s for %s", name, wrong, restarts, day, truth)
				}
			}
		}
	}
}

// TestClockSleeps: a machine that sleeps every night is none whose clock jumps.
func TestClockSleeps(t *testing.T) {
	f := &fakeTime{wall: begin}
	c := newFakeClock(t, t.TempDir(), f)
	var day schema.Day
	for range 30 {
		day = runHours(t, c, f, 8)
		f.wall = f.wall.Add(16 * time.Hour)
	}
	if day < schema.DayOf(f.wall)-2 {
		t.Errorf("it believes %s on %s", day, schema.DayOf(f.wall))
	}
}

func TestClockDamagedFile(t *testing.T) {
	dir, f := t.TempDir(), &fakeTime{wall: begin}
	if err := os.WriteFile(filepath.Join(dir, notesFile), []byte(`{"believed":"99`), 0o600); err != nil {
		t.Fatal(err)
	}
	if day := runHours(t, newFakeClock(t, dir, f), f, 24); day != 0 {
		t.Errorf("it believes %s", day)
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
		t.Error("something is forgotten although no day is believed")
	}
}
