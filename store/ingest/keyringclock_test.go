package ingest

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store/calendar"
)

// TestAClockThatJumps: for less than a day nothing is destroyed, and what is made
// is gone when the clock is back; what stands for a week is believed.
func TestAClockThatJumps(t *testing.T) {
	const years = 3652
	d := provenDesk(t, firstDay)
	before, list := d.ids(), d.List()
	same := func(when string) {
		t.Helper()
		if got := d.ids(); !slices.Equal(got, before) || d.List().Version != list.Version || d.Day() < firstDay || d.Day() > firstDay+1 {
			t.Fatalf("%s: keys %v version %d day %s", when, got, d.List().Version, d.Day())
		}
	}
	for range 20 {
		for _, jump := range []schema.Day{firstDay + years, firstDay - years, 0, ^schema.Day(0), firstDay + 401, firstDay} {
			d.look(time.Minute, jump)
			same("for a moment")
		}
	}
	d.look(time.Hour, firstDay+years)
	d.restart(firstDay + years)
	d.look(23*time.Hour, firstDay+years+1)
	same("for less than a day, over a restart")
	d.look(time.Minute, firstDay)
	d.look(time.Hour, firstDay+years)
	d.look(23*time.Hour, firstDay+years+1)
	same("a look between begins anew")
	for n := range schema.Day(9) {
		d.look(day, firstDay+years+2+n)
	}
	if now := firstDay + years + 10; d.Day() != now || d.active(now) != before[1]+1 || d.Key(before[0]) != nil {
		t.Errorf("after nine days: %s, keys %+v", d.Day(), d.Keys())
	}
	for n := range schema.Day(9) { // it was wrong for days, and is set right
		d.look(day, firstDay+n)
	}
	if d.Day() != firstDay+8 {
		t.Fatalf("the clock was set right and is not believed: %s", d.Day())
	}
	d.active(firstDay + 8)
	if n := len(d.List().Keys); n != 2 {
		t.Errorf("%d keys are listed, want those of now and next", n)
	}
}

// TestAClockThatMayBeRight: a clock that is where a stop would have left it has
// keys of its own at once, and when it was wrong only they are destroyed.
func TestAClockThatMayBeRight(t *testing.T) {
	d := provenDesk(t, firstDay)
	before := d.ids()
	d.look(time.Minute, firstDay+100)
	d.active(firstDay + 100)
	for _, id := range before {
		if d.Key(id) == nil {
			t.Errorf("key %d was destroyed", id)
		}
	}
	d.look(time.Minute, firstDay)
	if got := d.ids(); !slices.Equal(got, before) || d.active(firstDay) != before[0] {
		t.Errorf("back: %v, before %v", got, before)
	}
}

// TestAfterAStop: a store that was off has keys at once, goes on with the slots,
// and IDs count on; the old keys are destroyed when the day is sure.
func TestAfterAStop(t *testing.T) {
	for _, off := range []schema.Day{40, 92, 390} {
		d := provenDesk(t, firstDay)
		last := d.ids()[1]
		back := firstDay + off
		d.restart(back)
		if d.Key(1) == nil || d.Key(last) == nil {
			t.Fatal("a first look destroyed a key")
		}
		if d.Day() != back {
			t.Fatalf("off for %d days: %s is not believed, but %s", off, back, d.Day())
		}
		d.active(back)
		d.active(back + 1)
		for n := range schema.Day(8) {
			d.look(day, back+1+n)
		}
		for _, k := range d.Keys() {
			if (k.Start-(firstDay-9))%wire.KeyActiveDays != 0 {
				t.Error("slots have moved")
			}
			if k.Start+wire.KeyAcceptedDays <= d.Day() {
				t.Errorf("off for %d days: key %d is not destroyed", off, k.ID)
			}
		}
		if off > wire.KeyAcceptedDays+wire.KeyActiveDays && d.ids()[0] != last+1 {
			t.Errorf("IDs %v after %d", d.ids(), last)
		}
	}
}

// TestAHostThatRunsForMinutes starts once a week for three years: no day is ever
// sure there, and keys are made all the same.
func TestAHostThatRunsForMinutes(t *testing.T) {
	d := newDesk(t, firstDay)
	for n := range schema.Day(3 * 52) {
		d.restart(firstDay + 7*n)
		d.active(firstDay + 7*n)
	}
	for range 2 * wire.MaxKeys { // and much longer
		d.says += 30
		if err := d.Turn(calendar.Today{First: firstDay, Last: d.says, Day: d.says}); err != nil {
			t.Fatal(err)
		}
		d.active(d.says)
	}
}

// TestTurnedAtRandom moves clocks at random: no version has two lists, no ID two
// keys, and while the clock says the truth a key is active.
func TestTurnedAtRandom(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := newDesk(t, firstDay)
		truth := firstDay
		lists, keys := map[uint64]string{}, map[uint32][32]byte{}
		for step := range 120 {
			says := truth
			if r.IntN(4) == 0 {
				says = truth + schema.Day(r.IntN(7304)) - 3652
			}
			switch r.IntN(8) {
			case 0:
				d.restart(says)
			case 1:
				d.look(0, says)
				if _, err := d.Rotate(); err != nil && !errors.Is(err, ErrManyKeys) {
					t.Fatal(err)
				}
			default:
				d.look(0, says)
			}
			l := d.List()
			if b := string(l.Marshal()); lists[l.Version] == "" {
				lists[l.Version] = b
			} else if lists[l.Version] != b {
				t.Fatalf("seed %d, step %d: version %d has two lists", seed, step, l.Version)
			}
			for _, k := range l.Keys {
				if was, known := keys[k.ID]; known && was != k.Public {
					t.Fatalf("seed %d, step %d: ID %d names two keys", seed, step, k.ID)
				}
				keys[k.ID] = k.Public
			}
			d.look(0, truth) // a moment later the clock is right
			if d.Day() != truth {
				t.Fatalf("seed %d, step %d: it goes by %s, not %s", seed, step, d.Day(), truth)
			}
			d.active(truth)
			if r.IntN(3) == 0 {
				truth++
				d.look(day, truth)
			}
		}
	}
}
