package intake_test

import (
	"bytes"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

const (
	today = codec.FirstToday
	week  = today | codec.FirstThisWeek
	month = today | codec.FirstThisMonth
	both  = week | codec.FirstThisMonth
	ever  = both | codec.FirstEver
)

// TestFirstBits walks one installation through the calendar.
func TestFirstBits(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	for _, step := range []struct {
		day  string
		want codec.First
		why  string
	}{
		{"2026-11-16", ever, "the first time at all, a Monday"},
		{"2026-11-16", 0, "again on the day"},
		{"2026-11-17", today, "the next day of the week"},
		{"2026-11-22", today, "Sunday of the same week"},
		{"2026-11-23", week, "the next Monday"},
		{"2026-11-30", week, "a Monday, the last of the month"},
		{"2026-12-01", month, "Tuesday of the same week, another month"},
		{"2026-12-31", week, "a Thursday of the same month"},
		{"2027-01-01", month, "Friday of the same week, another year"},
		{"2027-01-03", today, "its Sunday"},
		{"2027-03-01", both, "after a long time"},
		{"2027-02-28", 0, "a late event of a day before"},
		{"2028-03-01", both, "the same month of another year"},
	} {
		day, err := time.Parse(time.DateOnly, step.day)
		if err != nil {
			t.Fatal(err)
		}
		if noon := day.Add(12 * time.Hour); noon.After(h.now) {
			h.set(noon)
		}
		r := record("menu.used", schema.Number(1))
		r.Time = day.Unix()
		h.take(r)
		h.crash() // the bits are remembered with the cut
		_, fragments := h.gather()
		for _, f := range fragments {
			if f.Facets[0].Name == "service.version" && f.First != step.want {
				t.Errorf("%s, %s: bits %04b, want %04b", step.day, step.why, f.First, step.want)
			}
		}
	}
}

// TestFirstBitsOfLateEvents: of several days in one gathering each counts,
// in whatever order the events came.
func TestFirstBitsOfLateEvents(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	for _, back := range []int{1, 3, 2} {
		r := record("menu.used", schema.Number(1))
		r.Time = h.now.AddDate(0, 0, -back).Unix()
		h.take(r)
	}
	_, fragments := h.gather()
	got := map[schema.Day]codec.First{}
	for _, f := range fragments {
		if f.Facets[0].Name == "service.version" {
			got[f.Day] = f.First
		}
	}
	d := schema.DayOf(monday)
	for day, want := range map[schema.Day]codec.First{d - 3: ever, d - 2: today, d - 1: today, d: week} {
		if got[day] != want {
			t.Errorf("%s: bits %04b, want %04b", day, got[day], want)
		}
	}
}

// TestFirstBitsAreOfATuple: a new version of the product is seen for the first
// time, on a host that is not new.
func TestFirstBitsAreOfATuple(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	h.gather()
	r := record("menu.used", schema.Number(1))
	r.Product.Version = "6.0"
	h.take(r)
	_, fragments := h.gather()
	if len(fragments) != 1 || fragments[0].First != ever {
		t.Errorf("%d fragments, want one with all bits", len(fragments))
	}
}

// TestNoBitWithoutACut: a gathering that could not be written was none.
func TestNoBitWithoutACut(t *testing.T) {
	h := newHouse(t)
	h.take(facts()...)
	if _, err := h.intake.Preview(); err != nil {
		t.Fatal(err)
	}
	_, fragments := h.gather()
	for _, f := range fragments {
		if f.First != ever {
			t.Errorf("bits %04b, want all", f.First)
		}
	}
}

// onDisk says whether a file below dir holds the bytes.
func onDisk(t *testing.T, dir string, needle []byte) (found bool) {
	t.Helper()
	tree := os.DirFS(dir)
	err := fs.WalkDir(tree, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(tree, path)
		found = found || bytes.Contains(b, needle)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
