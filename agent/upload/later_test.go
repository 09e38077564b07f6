package upload

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestLaterEnds: a wait ends in time whatever the host's clock does meanwhile,
// and early when the host slept through it.
func TestLaterEnds(t *testing.T) {
	for name, c := range map[string]struct {
		leap time.Duration // of the host's clock, right after the relay asked for an hour
		left time.Duration // half an hour later
	}{
		"no leap":       {0, 30 * time.Minute},
		"a year back":   {-365 * 24 * time.Hour, 30 * time.Minute},
		"20 hours back": {-20 * time.Hour, 30 * time.Minute},
		"asleep":        {45 * time.Minute, -15 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var l later
				if l.left(time.Now()) > 0 {
					t.Error("nobody asked for a wait")
				}
				l.ask(time.Now(), time.Hour)
				l.ask(time.Now(), time.Minute) // less than was asked for before
				time.Sleep(30 * time.Minute)
				now := time.Now().Add(c.leap)
				if left := l.left(now); left != c.left {
					t.Errorf("%v left, want %v", left, c.left)
				}
				l.forget()
				if l.left(now) > 0 {
					t.Error("it was forgotten")
				}
			})
		})
	}
}
