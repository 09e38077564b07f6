package schema

import (
	"encoding/binary"
	"fmt"
	"time"
)

// secondsPerDay is the length of a UTC day as Unix time counts it.
const secondsPerDay = 24 * 60 * 60

// Day is a UTC day, counted from 1970-01-01.
type Day uint32

// DayOf returns the UTC day that t falls on. Times before 1970 give day 0.
func DayOf(t time.Time) Day {
	s := t.Unix()
	if s < 0 {
		return 0
	}
	return Day(s / secondsPerDay)
}

// Time returns the first instant of the day, in UTC.
func (d Day) Time() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String returns the day as in 2026-11-21.
func (d Day) String() string { return d.Time().Format(time.DateOnly) }

// Bytes returns the day as four bytes, big-endian: the form that every key
// derivation uses.
func (d Day) Bytes() []byte { return binary.BigEndian.AppendUint32(nil, uint32(d)) }

// Month returns the calendar month that the day falls in.
func (d Day) Month() Month {
	t := d.Time()
	return Month(t.Year()*12 + int(t.Month()) - 1)
}

// Month is a calendar month in UTC, counted as year times twelve plus the
// month from zero, so that the next month is one more.
type Month uint32

// String returns the month as in 2026-11.
func (m Month) String() string { return fmt.Sprintf("%04d-%02d", m/12, m%12+1) }

// ParseMonth reads a month written as String writes it.
func ParseMonth(s string) (Month, error) {
	t, err := time.Parse("2006-01", s)
	if err != nil {
		return 0, fmt.Errorf("read month %q: want the form 2026-11", s)
	}
	return Month(t.Year()*12 + int(t.Month()) - 1), nil
}

// EarliestClock is the earliest time that Tacit believes. A clock before it
// was never set: records are kept, and nothing is sent until it is right.
var EarliestClock = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
