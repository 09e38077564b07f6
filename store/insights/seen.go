package insights

import (
	"math"

	"github.com/tacit-telemetry/tacit/schema"
)

// span is how long a period is.
type span uint8

const (
	aDay span = iota
	aWeek
	aMonth
)

// period is a time within which an installation is counted once, of one version.
type period struct {
	version string
	span    span
	start   schema.Day
}

// seen counts installations by period. Within one they are all different; those
// of two periods, or of two versions, may be the same.
type seen map[period]uint64

func (s seen) add(version string, of span, d schema.Day, n uint64) {
	start := d
	switch of {
	case aWeek: // ISO weeks begin on Monday
		start = d - min(schema.Day((d.Time().Weekday()+6)%7), d)
	case aMonth:
		start = d - schema.Day(d.Time().Day()-1)
	}
	p := period{version, of, start}
	s[p] = plus(s[p], n)
}

// most returns a number of different installations: the true one is at least as
// high.
func (s seen) most() (n uint64) {
	for _, of := range s {
		n = max(n, of)
	}
	return n
}

// plus stops at the greatest number.
func plus(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
