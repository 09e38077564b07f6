package calendar

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// TestJumps lets a clock jump and come back, in one process and over restarts: a
// sound batch is stored as long as it is a day at most and refused in no case
// shorter than a week, nothing is destroyed too early, and when the clock is
// back there is no doubt.
func TestJumps(t *testing.T) {
	for _, by := range []time.Duration{10 * year, -10 * year, 3 * year, 401 * day, 399 * day, -399 * day, 91 * day, -91 * day, 31 * day, -31 * day, 2 * day, -2 * day} {
		for _, d := range []time.Duration{time.Second, time.Minute, 5 * time.Hour, 24 * time.Hour, 6 * day} {
			for _, restarts := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v/%v/%v", by, d, restarts), func(t *testing.T) {
					m := proven(t)
					jump(t, m, by, d, restarts)
				})
			}
		}
	}
}

func jump(t *testing.T, m *machine, by, d time.Duration, restarts bool) {
	t.Helper()
	move := func(by time.Duration) {
		if m.wrong += by; restarts {
			m.start()
		}
	}
	look := func(when string) {
		t.Helper()
		got, now := m.answer(), m.Today()
		if got == refused || got == waits && d <= 24*time.Hour {
			t.Fatalf("%s: a sound batch of %s gets answer %d by %+v", when, m.day(), got, now)
		}
		// What stays wrong for a day by two months or less is believed.
		if limit := m.day(); now.Sure > limit && (d <= 24*time.Hour || by > shortGap*day) {
			t.Fatalf("%s: on %s things are destroyed as on %s", when, limit, now.Sure)
		}
	}
	move(by)
	look("at once")
	for left := d; left > 0; left -= time.Hour {
		m.run(min(left, time.Hour))
		look("while it is wrong")
	}
	move(-by)
	look("when it is back")
	if now := m.Today(); d < 24*time.Hour && now != On(m.day()) {
		t.Errorf("back, it says %+v on %s", now, m.day())
	}
	m.run(8 * day)
	if now := m.Today(); now != On(m.day()) {
		t.Errorf("a week later it says %+v on %s", now, m.day())
	}
}

// TestStops: a store that was off works when it starts, and destroys only after
// more proof.
func TestStops(t *testing.T) {
	for _, tt := range []struct {
		off   time.Duration
		first answer        // of a batch at the start
		ends  time.Duration // of running until nothing is in doubt
	}{
		{time.Hour, stored, 0},
		{20 * time.Hour, stored, 0},
		{3 * day, stored, 36 * time.Hour},
		{40 * day, stored, 36 * time.Hour},
		{92 * day, stored, 7 * day},
		{399 * day, stored, 7 * day},
		{500 * day, waits, 7 * day},
	} {
		m := proven(t)
		before := m.Today().Sure
		m.save()
		m.rest(tt.off)
		m.start()
		now := m.Today()
		if got := m.answer(); got != tt.first || now.Doubt != (tt.first == waits) {
			t.Errorf("off for %v: answer %d by %+v", tt.off, got, now)
		}
		if tt.first == stored && now.Day != m.day() {
			t.Errorf("off for %v: the day is %s, not %s", tt.off, now.Day, m.day())
		}
		if tt.ends > 0 {
			m.run(tt.ends - time.Hour)
			if now := m.Today(); now.Sure != before || m.answer() == refused {
				t.Errorf("off for %v: an hour too early %+v", tt.off, now)
			}
			m.run(24 * time.Hour)
		}
		if now := m.Today(); now != On(m.day()) {
			t.Errorf("off for %v: proved, it says %+v on %s", tt.off, now, m.day())
		}
	}
}

// TestWithoutABattery: a machine that does not know the time when it starts, and
// learns it a minute later.
func TestWithoutABattery(t *testing.T) {
	for _, says := range []int{1970, 2020, 2025, 2036} {
		for _, off := range []time.Duration{0, time.Minute, 5 * day, 92 * day, 300 * day} {
			m := proven(t)
			m.rest(off)
			m.wrong = time.Date(says, 3, 1, 0, 0, 0, 0, time.UTC).Sub(m.truth)
			m.start()
			if got := m.answer(); got == refused || off < 24*time.Hour && got != stored {
				t.Errorf("%d after %v: answer %d by %+v", says, off, got, m.Today())
			}
			m.run(time.Minute)
			if now := m.Today(); now.Sure > m.day() || now.Certain {
				t.Errorf("%d after %v: %+v", says, off, now)
			}
			m.wrong = 0
			if now := m.Today(); m.answer() != stored || now.Day != m.day() || now.Doubt {
				t.Errorf("%d after %v, set right: answer %d by %+v", says, off, m.answer(), now)
			}
		}
	}
}

// TestFirstStart: there is nothing to believe but the clock; one that is set
// right a minute later, and one that jumps on the first day, lose nothing.
func TestFirstStart(t *testing.T) {
	for _, says := range []int{2025, 2026, 2036} {
		m := newMachine(t, time.Date(says, 3, 1, 0, 0, 0, 0, time.UTC).Sub(begin))
		m.run(time.Minute)
		m.wrong = 0
		if now := m.Today(); m.answer() != stored || now.Day != m.day() || now.Sure != 0 || now.Doubt {
			t.Errorf("%d: set right, answer %d by %+v", says, m.answer(), now)
		}
		m.run(9 * day)
		if now := m.Today(); now != On(m.day()) {
			t.Errorf("%d: later %+v on %s", says, now, m.day())
		}
	}
	for _, by := range []time.Duration{10 * year, -10 * year, 91 * day, -91 * day} {
		m := newMachine(t, 0)
		m.run(3 * time.Minute)
		for range 3 {
			m.wrong = by
			if m.answer() != stored || m.Today().Certain || m.Today().Sure != 0 {
				t.Errorf("%v: answer %d by %+v", by, m.answer(), m.Today())
			}
			m.run(2 * time.Minute)
			m.wrong = 0
			if now := m.Today(); now.Day != m.day() || !now.Certain {
				t.Errorf("%v and back: %+v", by, now)
			}
		}
	}
}

// TestRunsSometimes: a machine that runs by day, sleeps by night and rests at
// weekends, and one that runs for a minute a week for years.
func TestRunsSometimes(t *testing.T) {
	for _, restarts := range []bool{false, true} {
		m := newMachine(t, 0)
		for n := range 60 {
			m.run(8 * time.Hour)
			rest := 16 * time.Hour
			if n%5 == 4 {
				rest += 2 * day
			}
			if m.rest(rest); restarts {
				m.start()
			}
			if now := m.Today(); m.answer() != stored || now.Day != m.day() || now.Doubt {
				t.Fatalf("day %d: answer %d by %+v on %s", n, m.answer(), now, m.day())
			}
		}
		if now := m.Today(); now.Sure == 0 || now.Sure+14 < m.day() {
			t.Errorf("restarts %v: on %s things are destroyed as on %s", restarts, m.day(), now.Sure)
		}
	}
	m := proven(t)
	for range 200 {
		m.rest(7 * day)
		m.start()
		m.run(time.Minute)
		if now := m.Today(); m.answer() != stored || now.Day != m.day() || now.Doubt {
			t.Fatalf("answer %d by %+v on %s", m.answer(), now, m.day())
		}
	}
}

// TestAtRandom jumps and restarts at random, for less than a day each: no sound
// batch is refused, and nothing is destroyed too early.
func TestAtRandom(t *testing.T) {
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 1))
		m := newMachine(t, 0)
		m.run(time.Duration(r.Int64N(int64(10 * day))))
		for step := range 60 {
			m.wrong = time.Duration(r.Int64N(int64(20*year))) - 10*year
			for range r.IntN(3) {
				if r.IntN(2) == 0 {
					m.start()
				}
				m.run(time.Duration(r.Int64N(int64(7 * time.Hour))))
				if now := m.Today(); m.answer() != stored || now.Sure > m.day() {
					t.Fatalf("seed %d, step %d: answer %d by %+v on %s", seed, step, m.answer(), now, m.day())
				}
			}
			m.wrong = 0
			m.run(time.Duration(r.Int64N(int64(3 * time.Hour))))
			if now := m.Today(); now.Day != m.day() || !now.Certain || m.answer() != stored {
				t.Fatalf("seed %d, step %d: back, %+v on %s", seed, step, now, m.day())
			}
		}
	}
}

// TestAClockThatStaysWrong is believed for answers after a day and a half, and where
// something is destroyed after a week; and so it is when it is set right then.
func TestAClockThatStaysWrong(t *testing.T) {
	m := proven(t)
	m.wrong = 3 * year
	says := func() schema.Day { return schema.DayOf(m.truth.Add(m.wrong)) }
	if now := m.Today(); !now.Later || !now.Doubt || now.Last != m.day() {
		t.Errorf("at once: %+v", now)
	}
	m.run(37 * time.Hour)
	if now := m.Today(); now.Day != says() || now.Last != says() || now.Sure >= m.day() || now.Doubt {
		t.Errorf("after 37 hours: %+v", now)
	}
	m.run(7 * day)
	if now := m.Today(); now != On(says()) {
		t.Errorf("after a week: %+v", now)
	}
	m.wrong = 0
	if now := m.Today(); m.answer() != stored || now.Sure > m.day() || now.Certain || !now.Doubt {
		t.Errorf("set right: answer %d by %+v", m.answer(), now)
	}
	m.run(8 * day)
	if now := m.Today(); now != On(m.day()) {
		t.Errorf("a week later: %+v on %s", now, m.day())
	}
}

// TestAnErraticClock shows another year every hour: none of them is ever
// believed, however long that goes on.
func TestAnErraticClock(t *testing.T) {
	m := proven(t)
	for n := range 20 * 24 {
		m.wrong = time.Duration(2+n%7) * year
		m.run(time.Hour)
		if now := m.Today(); m.answer() != stored || now.Sure > m.day() || now.Last != m.day() {
			t.Fatalf("after %d hours: answer %d by %+v on %s", n, m.answer(), now, m.day())
		}
	}
}
