package registry

import (
	"slices"
	"strconv"
	"strings"
)

// unitStep is one size in which a unit is shown.
type unitStep struct {
	size int64
	name string
}

// steps returns the sizes in which people read a unit, largest first. Bytes
// end at GiB, so that memory and disk sizes compare at a glance.
func steps(unit string) []unitStep {
	switch unit {
	case "By":
		return []unitStep{{1 << 30, " GiB"}, {1 << 20, " MiB"}, {1 << 10, " KiB"}, {1, " B"}}
	case "us":
		return []unitStep{{1_000_000, " s"}, {1_000, " ms"}, {1, " µs"}}
	case "s":
		return []unitStep{{86_400, " d"}, {3_600, " h"}, {60, " min"}, {1, " s"}}
	case "%":
		return []unitStep{{1, " %"}}
	}
	return []unitStep{{1, ""}} // counts of things: "1" and "{thing}"
}

// bound is a bucket's bound as people read it, in the largest unit in which it
// is whole.
func bound(unit string, n int64) (number, name string) {
	for _, s := range steps(unit) {
		if n%s.size == 0 {
			number, name = strconv.FormatInt(n/s.size, 10), s.name
			break
		}
	}
	return number, name
}

// bucketNames returns the names of all buckets in order, or nil without bounds.
func bucketNames(unit string, bounds []int64) []string {
	if len(bounds) == 0 {
		return nil
	}
	names := make([]string, 0, len(bounds)+1)
	low, lowUnit := bound(unit, bounds[0])
	names = append(names, "<"+low+lowUnit)
	for _, b := range bounds[1:] {
		high, highUnit := bound(unit, b)
		if lowUnit == highUnit {
			names = append(names, low+"–"+high+highUnit)
		} else {
			names = append(names, low+lowUnit+"–"+high+highUnit)
		}
		low, lowUnit = high, highUnit
	}
	return append(names, "≥"+low+lowUnit)
}

// scoreNames returns the names of the buckets of a survey's score: each score
// has its own. A reason has none.
func scoreNames(most int64) []string {
	if most == 0 {
		return nil
	}
	var names []string
	for n := range most + 1 {
		names = append(names, strconv.FormatInt(n, 10))
	}
	return names
}

// BucketIndex returns the bucket that n falls in, from 0 to len(m.Buckets). A
// bound belongs to the bucket above it.
func (m *Metric) BucketIndex(n int64) int { return bucketIndex(m.Buckets, n) }

func bucketIndex(bounds []int64, n int64) int {
	i, found := slices.BinarySearch(bounds, n)
	if found {
		i++
	}
	return i
}

// BucketNames returns the names of the metric's buckets in order, such as
// "<1 GiB", "1–2 GiB", "≥2 GiB"; none when the metric has no buckets.
func (m *Metric) BucketNames() []string { return slices.Clone(m.bucketNames) }

// Bucket returns the name of the bucket that n falls in, or an empty text when
// the metric has no buckets.
func (m *Metric) Bucket(n int64) string {
	if len(m.bucketNames) == 0 {
		return ""
	}
	return m.bucketNames[m.BucketIndex(n)]
}

// BucketNames returns the names of the label's buckets in order; none when it is
// no number.
func (l *Label) BucketNames() []string { return slices.Clone(l.bucketNames) }

// bucket returns the name of the bucket that a number in decimal digits falls
// in; what is none stays.
func (l *Label) bucket(s string) string {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return s
	}
	return l.bucketNames[bucketIndex(l.Buckets, n)]
}

// checkBucket refuses what is neither a number in decimal digits, as it is
// offered, nor the name of a bucket.
func (l *Label) checkBucket(s string, at stage) error {
	switch {
	case slices.Contains(l.bucketNames, s):
		return nil
	case at == treated:
		return ErrNotTreated
	case !isNumber(strings.TrimPrefix(s, "-"), maxDigits):
		return ErrWrongFormat
	}
	if n, err := strconv.ParseInt(s, 10, 64); err != nil || n < 0 || n > defaultBucketMax {
		return ErrOutOfRange
	}
	return nil
}

const maxDigits = 64 // of a number that is offered; how large it may be is another question
