//go:build unix

package spool

import (
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/schema"
)

func TestOldBatchesAreDroppedOnce(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), Now: func() time.Time { return now }}
	s := open(t, c)
	if err := s.Cut(t.Context(), Cut{Batches: []Batch{{ID: schema.NewBatchID(), Kind: envelope.Fragment, Day: schema.DayOf(now), Records: 3}}}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var ahead atomic.Int64 // hours
	c.Now = func() time.Time { return now.Add(time.Duration(ahead.Load()) * time.Hour) }
	s = open(t, c)
	ahead.Store(40 * 24)
	touch(t, s)
	ahead.Store(0)
	touch(t, s)
	if st := s.Stats(); st.Dropped != 0 || st.Batches != 1 {
		t.Fatalf("a clock that jumped for a moment cost a batch: %+v", st)
	}
	ahead.Store(31 * 24)
	touch(t, s)
	ahead.Add(2)
	touch(t, s)
	for range 2 {
		s = reopen(t, c)
		if st := s.Stats(); st.Dropped != 3 || st.Batches != 0 {
			t.Errorf("got %+v, want 3 dropped", st)
		}
		c.Dir = s.config.Dir
	}
}

// TestLeapsOfTheClock: a clock that is ten years ahead or behind for hours, and
// across restarts, drops nothing; time that passes does.
func TestLeapsOfTheClock(t *testing.T) {
	const years = 10 * 365 * 24
	for name, leaps := range map[string][]int{ // hours from the true time, one after another
		"ahead":          {years},
		"behind":         {-years},
		"to and fro":     {years, 0, -years, 0, years},
		"further ahead":  {years, 2 * years},
		"was ahead then": {-years, years, -years},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
			var ahead, passed atomic.Int64
			c := Config{Dir: filepath.Join(t.TempDir(), "spool"), MaxBytes: 256 << 10, Now: func() time.Time {
				return now.Add(time.Duration(ahead.Load()+passed.Load()) * time.Hour)
			}}
			s := open(t, c)
			b := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Records: 1, Plain: []byte("plain")}
			if err := s.Cut(t.Context(), Cut{Batches: []Batch{b}}); err != nil {
				t.Fatal(err)
			}
			for _, leap := range leaps {
				ahead.Store(int64(leap))
				for range 3 {
					touch(t, s)
					passed.Add(2)
					s = reopen(t, c)
					c.Dir = s.config.Dir
					touch(t, s)
				}
				if st := s.Stats(); st.Dropped != 0 || st.Batches != 1 {
					t.Fatalf("%d hours: %+v", leap, st)
				}
			}
			ahead.Store(0)
			touch(t, s)
			for range 3 {
				passed.Add(20 * 24)
				s = reopen(t, c)
				c.Dir = s.config.Dir
				touch(t, s)
				passed.Add(2)
				touch(t, s)
			}
			if st := s.Stats(); st.Dropped != 1 || st.Batches != 0 {
				t.Errorf("after two months %+v, want that it is dropped", st)
			}
		})
	}
}

// TestWhatReplacesIsAsOld: a redate does not make a batch young again.
func TestWhatReplacesIsAsOld(t *testing.T) {
	now := time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC)
	var passed atomic.Int64 // hours
	c := Config{Dir: filepath.Join(t.TempDir(), "spool"), Now: func() time.Time { return now.Add(time.Duration(passed.Load()) * time.Hour) }}
	s := open(t, c)
	b := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Records: 1}
	if err := s.Cut(t.Context(), Cut{Batches: []Batch{b}}); err != nil {
		t.Fatal(err)
	}
	passed.Store(29 * 24)
	fresh := Batch{ID: schema.NewBatchID(), Kind: envelope.Page, Records: 1}
	if err := s.Cut(t.Context(), Cut{Batches: []Batch{fresh}, Ends: []schema.BatchID{b.ID}}); err != nil {
		t.Fatal(err)
	}
	for _, day := range []int64{31, 32} {
		passed.Store(day * 24)
		touch(t, s)
	}
	if st := s.Stats(); st.Dropped != 1 || st.Batches != 0 {
		t.Errorf("%+v, want that it is dropped", st)
	}
}
