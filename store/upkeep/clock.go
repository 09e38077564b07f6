package upkeep

import (
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/schema"
)

// How another day comes to be believed.
const (
	jump       = 36 * time.Hour     // a clock that moves by more between two looks was set; less is a machine that slept
	shortGap   = 60                 // days that a store may be off without being suspicious
	shortProof = 24 * time.Hour     // steady running for a gap of so many days
	longProof  = 7 * 24 * time.Hour // and for a longer one
)

// clock decides which day may be acted on when the act destroys something. A
// host's clock can be wrong by years for a while, and what is forgotten
// meanwhile is lost for good. So a day of the wall clock is believed only after
// it ran beside the monotonic clock without a jump for 24 hours, or for a week
// when it is more than 60 days from the day that was believed before. Until
// then the older of the two days counts. What was believed is written down, so
// that a restart does not begin from the wall clock; where nothing is written
// down the gap is a long one.
//
// So a jump of ten years and back destroys nothing; a clock that stays wrong
// for a week does. One goroutine uses it.
type clock struct {
	notes *notes
	log   *slog.Logger
	wall  func() time.Time
	mono  func() time.Duration // since any fixed moment

	believed schema.Day    // as in notes
	steady   time.Duration // for which the two ran side by side
	looked   bool
	lastWall time.Time     // of the look before
	lastMono time.Duration // of the look before
}

func newClock(n *notes, wall func() time.Time, log *slog.Logger) *clock {
	started := time.Now()
	return &clock{notes: n, log: log, wall: wall, mono: func() time.Duration { return time.Since(started) }, believed: n.believed}
}

// look returns the day that may be acted on now.
func (c *clock) look() (schema.Day, error) {
	wall, mono := c.wall().Round(0), c.mono() // Round: without its own monotonic reading
	if c.looked {
		ran := mono - c.lastMono
		if drift := wall.Sub(c.lastWall) - ran; drift.Abs() > jump {
			c.steady = 0
			c.log.Warn("the clock of this host jumped; nothing is forgotten until it has run steadily", slog.Duration("by", drift))
		} else {
			c.steady += ran
		}
	}
	c.looked, c.lastWall, c.lastMono = true, wall, mono
	today := schema.DayOf(wall)
	if today != c.believed && c.steady >= proof(c.believed, today) {
		if err := c.believe(today); err != nil {
			return 0, err
		}
	}
	return min(today, c.believed), nil
}

// proof returns how long the clock must have run steadily to be believed.
func proof(believed, today schema.Day) time.Duration {
	if max(believed, today)-min(believed, today) > shortGap {
		return longProof
	}
	return shortProof
}

func (c *clock) believe(today schema.Day) error {
	next := *c.notes
	next.believed = today
	if err := next.write(); err != nil {
		return err
	}
	*c.notes, c.believed = next, today
	return nil
}
