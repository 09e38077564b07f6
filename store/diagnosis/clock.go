package diagnosis

import (
	"fmt"
	"time"

	"github.com/tacit-telemetry/tacit/store/lookup"
)

// clock says which of a host's times are likely.
type clock struct {
	from, to int64         // likely times, both included
	wrong    int           // records of unlikely times
	off      time.Duration // of the newest of them
	all      bool          // most are unlikely: then the host's clock is all that there is
}

// newClock looks at the times of a history.
func newClock(h *lookup.History, now time.Time) clock {
	from, to := h.Likely(now)
	c := clock{from: from.Unix(), to: to.Unix()}
	of := 0
	for i := range h.Records {
		r := &h.Records[i]
		if r.OtherWriter {
			continue
		}
		of++
		if r.Time < c.from || r.Time > c.to {
			c.wrong++
			c.off = moment(r.Time).Sub(now)
			if r.Time < c.from {
				c.off = moment(r.Time).Sub(h.NewestDay.Time())
			}
		}
	}
	c.all = 2*c.wrong > of
	return c
}

// believes says whether something is dated by that time.
func (c *clock) believes(unix int64) bool { return c.all || unix >= c.from && unix <= c.to }

// problems returns what is wrong with the clock.
func (c *clock) problems() []Problem {
	if c.wrong == 0 {
		return nil
	}
	far, way := c.off, "ahead"
	if far < 0 {
		far, way = -far, "behind"
	}
	sentence := fmt.Sprintf("The clock of this host is or was wrong, by %s %s: %s.", roughly(far), way, count(uint64(c.wrong), "record is", "records are")+" dated so")
	if c.all {
		sentence = fmt.Sprintf("The clock of this host is wrong, by %s %s; all times here are by it.", roughly(far), way)
	}
	return []Problem{{
		Kind: WrongClock, Sentence: sentence,
		Severity: Severity{3, "a wrong clock breaks certificates, licences and whatever compares times; setting it right helps"},
	}}
}

// roughly returns a long time in its largest unit.
func roughly(d time.Duration) string {
	days := uint64(d.Hours() / 24)
	if days >= 2*365 {
		return count((days+182)/365, "year", "years")
	}
	return count(max(days, 1), "day", "days")
}

// moment returns a record's time.
func moment(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
