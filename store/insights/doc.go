// Package insights answers what all installations add up to, and nothing less:
// no method returns a row of a roll-up, and none returns a number of fewer
// installations than the roll-up's min_installations, which is 5 at least. Of
// such a cell the answer says "fewer than N" and nothing else.
//
// How many installations a cell has is not known, only bounded from below: a
// fragment says that it is an installation's first of a facet tuple on a day, in
// a week, in a month. The most of any one day, of the first ones of any one week,
// and of any one month within the window are all different installations. Of
// several tuples that differ in more than a fact of the host, as several versions
// do, the largest counts, since one installation may be in each.
//
// A fragment's facets have no product. Where versions of two products are equal
// the installations of both are in the cell; so a series of fewer events than N
// is not shown either: they cannot be of N installations.
//
// Two answers may be compared, such as those of 7 and of 8 days, of one facet and
// of two, of now and of an hour later. What they differ in must not be a number of
// fewer installations than N: so installations are rounded down to a multiple of
// N, events to two digits and that to a multiple of N, shares to a hundredth,
// and spreads are told in the registered buckets only. What remains is that a
// number which stands at a step shows that something was added, not how much.
//
// Days are the days of events by the clock of the store. Memory is bounded by
// [MaxSeries]; a window of a store that is damaged is an error, not a smaller
// number.
package insights

import "errors"

// Bounds of a question and of an answer.
const (
	MaxDays   = 400    // of a question
	MaxSeries = 50_000 // of an answer, or of a population
)

// Errors of a question. All are wrapped with what was asked.
var (
	// ErrNoMetric says that the registry has no such metric. The text names the
	// nearest one, if any.
	ErrNoMetric = errors.New("no such metric")
	// ErrNoRollup says that no roll-up of the metric has these facets. The text
	// names those that it has.
	ErrNoRollup = errors.New("no roll-up of the metric has these facets")
	// ErrTooMany says that the answer has more than MaxSeries series. Ask for
	// fewer facets.
	ErrTooMany = errors.New("too many series")
)
