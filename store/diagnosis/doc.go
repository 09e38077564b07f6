// Package diagnosis says what is wrong with one installation: from the history
// that a lookup opened, from what all installations add up to, and from the
// vendor's file of known issues comes a [Report], the worst problem first, each
// in one sentence with a suggested severity, and of a problem the [Sheet] of a
// support case.
//
// It runs where the history was opened, in the desk's or the command's process.
// It does no I/O, keeps nothing, and knows no installation ID: nothing in a
// report or a sheet says whose it is, but for the ID that a caller puts into a
// sheet himself.
//
// What counts as what:
//
//   - a signature is a product, an error code and the innermost function of the
//     product's own code. Functions of Go's standard library are no product's.
//   - an attempt is one event of a duration, and a failure one error record, that
//     share the value of a label which both metrics have, such as operation. A
//     failure and a duration of the same operation within two seconds are one
//     attempt, which failed.
//   - a version that a signature began with is one that this installation ran
//     after another, under which there was no such error.
//   - slow is an operation of which at least half take a tenth of a second or more,
//     and three times as long as under an earlier version here, or three times as
//     long as most at large and longer than the middle half of these; or that became
//     slow at large with a version, so that the middle halves of it and of the version
//     before do not meet. At large means all installations, thresholded: see package
//     insights.
//   - a value of an engine's or an appliance's health is out of range when at
//     most one report in fifty at large is as far out.
//   - times that are more than a day ahead of the lookup, or more than 400 days
//     before the oldest page was sent, are of a wrong clock: they are said, and
//     nothing is dated by them.
//
// Severity is suggested, and the engineer decides. 1, urgent: a function in much
// use fails at every attempt, or a product crashes again and again and does
// nothing in between. 2, high: a function in much use fails at least at every
// second attempt, or takes ten times as long as usual. 3, medium: anything else
// that goes wrong now. 4, low: what was not seen for a week or under the version
// of now, a version without support, or nothing. That an application of somebody
// else on which lives or a whole business depend becomes unstable is urgent too,
// and nothing in a history says so: that is set by hand only.
//
// Memory does not grow with the history: at most [MaxSignatures] signatures,
// [MaxSeries] series and [MaxChanges] changes are told apart, and what is over
// is counted in [Report.Notes].
package diagnosis

// Bounds of what is told apart.
const (
	MaxSignatures = 500
	MaxSeries     = 2_000 // metrics with one set of labels, under one version
	MaxChanges    = 100   // the newest
	MaxSteps      = 30    // before an error, the last
)
