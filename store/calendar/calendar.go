package calendar

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
	"time"
)

// Config says by which clock, and where what is believed of it lies.
type Config struct {
	// Dir is the store's data directory, which this process holds. Required.
	Dir string
	// Now is the clock, which may jump. nil: time.Now.
	Now func() time.Time
	// Ran is how long this process runs, by a clock that nobody can set. nil:
	// the monotonic clock.
	Ran func() time.Duration
	// Logger gets jumps, and troubles with the file. nil: nothing is logged.
	Logger *slog.Logger
}

func (c *Config) defaults() error {
	if c.Dir == "" {
		return errors.New("config needs Dir")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Ran == nil {
		started := time.Now()
		c.Ran = func() time.Duration { return time.Since(started) }
	}
	return nil
}

// Calendar says which day it is. Its methods may be called at the same time.
type Calendar struct {
	cfg Config
	log *slog.Logger

	mu      sync.Mutex
	course  course
	looked  time.Duration // Ran at the last look
	changed bool          // in a way that is to be written soon
	written time.Duration // Ran when it was
	tried   time.Duration // Ran when that was tried last
}

// Open reads what was believed last in the data directory. Errors wrap [ErrUnset]
// when neither that nor the clock says which day it is.
func Open(cfg Config) (*Calendar, error) {
	if err := cfg.defaults(); err != nil {
		return nil, fmt.Errorf("open calendar: %w", err)
	}
	c := &Calendar{cfg: cfg, log: cfg.Logger.With(slog.String("component", "store/calendar"))}
	wall := clean(cfg.Now())
	var err error
	c.course, err = read(cfg.Dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errDamaged):
		if !possible(wall) {
			return nil, fmt.Errorf("open calendar: %w: it says %s; fix: set it and start again", ErrUnset, wall.Format(time.DateOnly))
		}
		if errors.Is(err, errDamaged) {
			c.log.Warn("the calendar is damaged; it begins anew with what the clock says, and nothing is forgotten for a week",
				slog.String("file", File))
		}
		c.course = course{believed: wall}
	case err != nil:
		return nil, fmt.Errorf("open calendar: %w", err)
	}
	c.looked = cfg.Ran()
	c.changed, c.tried = true, c.looked-writeAgain // the first who asks writes it: a store that does not open leaves nothing
	return c, nil
}

// Today looks at the clock and says which day it is.
func (c *Calendar) Today() Today {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	c.writeSometimes()
	return c.course.today()
}

// Close writes what is believed, so that the next start goes on from here.
func (c *Calendar) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	c.write()
}

// Read says which day it is for a command that opens a store which nobody runs:
// what that store would say if it started now. It changes nothing.
func Read(dir string, now time.Time) (Today, error) {
	wall := clean(now)
	c, err := read(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, errDamaged):
		c = course{believed: wall}
	case err != nil:
		return Today{}, fmt.Errorf("read calendar: %w", err)
	}
	c.look(wall, 0)
	return c.today(), nil
}

// look is for callers that hold mu.
func (c *Calendar) look() {
	before, ran := c.course, c.cfg.Ran()
	c.course.look(clean(c.cfg.Now()), ran-c.looked)
	c.looked = ran
	c.tell(&before)
}

// tell notes and logs what a look has changed.
func (c *Calendar) tell(before *course) {
	now := &c.course
	doubted, doubts := !before.other.IsZero(), !now.other.IsZero()
	switch {
	case doubts && (!doubted || before.likely != now.likely):
		c.log.Warn("the clock of this host jumped", slog.Int("days", days(now.other.Sub(now.believed))),
			slog.Bool("as_after_a_stop", now.likely))
	case doubted && !doubts:
		c.log.Info("the clock of this host is believed", slog.Int("days", days(now.believed.Sub(before.believed))))
	case now.unset && !before.unset:
		c.log.Warn("the clock of this host is not set; the day is counted on without it")
	}
	if doubted != doubts || before.likely != now.likely || before.sure != now.sure {
		c.changed = true
	}
}

// writeSometimes writes what is believed when that is due. It is for callers
// that hold mu.
func (c *Calendar) writeSometimes() {
	due := c.changed || c.looked-c.written >= writeEvery
	if due && c.looked-c.tried >= writeAgain {
		c.write()
	}
}

// write is for callers that hold mu.
func (c *Calendar) write() {
	c.tried = c.looked
	if err := c.course.write(c.cfg.Dir); err != nil {
		c.log.Warn("what is believed of the clock stays in memory", slog.Any("error", err))
		return
	}
	c.changed, c.written = false, c.looked
}

// clean returns a time without its monotonic reading, in UTC.
func clean(t time.Time) time.Time { return t.Round(0).UTC() }

// days returns whole days.
func days(d time.Duration) int { return int(d.Hours()) / 24 }
