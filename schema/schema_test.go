package schema

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestDay(t *testing.T) {
	at := time.Date(2026, 11, 21, 23, 59, 59, 0, time.FixedZone("west", -5*3600)) // the 22nd in UTC
	d := DayOf(at)
	if d != 20779 || d.String() != "2026-11-22" || d.Month().String() != "2026-11" {
		t.Errorf("got day %d, %s, %s", d, d, d.Month())
	}
	if got := DayOf(time.Unix(-1, 0)); got != 0 {
		t.Errorf("before 1970: day %d, want 0", got)
	}
	if got := string(d.Bytes()); got != "\x00\x00\x51\x2b" {
		t.Errorf("bytes %x", got)
	}
}

func TestMonthsFollowDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Day(rapid.Uint32Range(0, 100_000).Draw(t, "day"))
		m, next := d.Month(), (d + 1).Month()
		if next != m && next != m+1 {
			t.Fatalf("day %d is in %s and the next in %s", d, m, next)
		}
		if first := d.Time().Day() == 1; first != (d > 0 && (d-1).Month() != m || d == 0) {
			t.Fatalf("month %s does not begin on its first day", m)
		}
		again, err := ParseMonth(m.String())
		if err != nil || again != m {
			t.Fatalf("%s is read back as %s: %v", m, again, err)
		}
	})
}

func TestParseMonthRefuses(t *testing.T) {
	for _, s := range []string{"", "2026", "2026-13", "2026-00", "2026-11-21", "11-2026"} {
		if m, err := ParseMonth(s); err == nil {
			t.Errorf("%q was read as %s", s, m)
		}
	}
}

func TestValueAny(t *testing.T) {
	if got := Number(-3).Any(); got != int64(-3) {
		t.Errorf("got %v", got)
	}
	if got := Text("x").Any(); got != "x" {
		t.Errorf("got %v", got)
	}
}

func TestBatchIDsDiffer(t *testing.T) {
	if first, second := NewBatchID(), NewBatchID(); first == second {
		t.Error("two batch IDs are the same")
	}
}
