package main

import (
	"fmt"
	"math"
	"strings"
)

// A row is one line of the table.
type row struct {
	what, must, aim, reached string
	missed                   bool // it is worse than it must be
}

// judged are the rows of classes, in order; each of the first eleven has the
// same limits.
var judged = []string{"e-mail", "ip", "card", "SSN", "phone", "url", "host", "mac", "IBAN", "national IDs", "user names"}

// rows returns the table.
func (s *sums) rows() []row {
	rows := []row{s.leaks(), s.kept()}
	for _, name := range judged {
		rows = append(rows, s.class(name, 0.98, 0.995))
	}
	rows = append(rows, s.class(rowSecrets, 0.95, 0.99), s.class(rowNames, 0.88, 0.95), s.class(rowOthers, 0, 0), s.clean())
	rows = append(rows, atLeast("words of stack frames kept", s.frames, 0.80, 0.90), atLeast("user names in stack frames gone", s.frameUsers, 0.98, 1))
	rows = append(rows, row{
		what: "words of stack frames kept, without directories", reached: share(s.calls),
	}, row{
		what: "cases labelled as what they are not", reached: fmt.Sprintf("%d of %d", s.negatives.hit, s.negatives.of),
	}, row{
		what: "words around values in cases kept", reached: share(s.prose),
	}, row{
		what: "clean lines unchanged", reached: share(s.unchanged),
	}, row{
		what: "lines in = lines out", must: "yes", aim: "yes", reached: fmt.Sprintf("%d in, %d out", s.linesIn, s.linesOut),
		missed: s.linesIn != s.linesOut,
	}, row{
		what: "lines that a second pass changes", must: "0", aim: "0", reached: fmt.Sprint(s.again), missed: s.again != 0,
	}, row{
		what: "throughput, one core", must: "≥ 40 MB/s", aim: "≥ 60 MB/s", reached: s.speed.String(),
	})
	return rows
}

func (s *sums) leaks() row {
	r := row{
		what: "identifying values of log lines with a telling part left / whole",
		must: "≤ 0.3 % / ≤ 0.1 %", aim: "≤ 0.1 % / 0", reached: none,
	}
	if s.telling.of > 0 {
		r.reached = fmt.Sprintf("%s / %s of %d", percent(s.telling), percent(s.whole), s.telling.of)
		r.missed = s.telling.share() > 0.003 || s.whole.share() > 0.001
	}
	return r
}

func (s *sums) kept() row {
	r := row{
		what: "constant words of log lines kept, per word / system / kind of message",
		must: "≥ 0.92 / 0.91 / 0.91", aim: "≥ 0.95 / 0.94 / 0.94", reached: none,
	}
	if s.constant.of > 0 {
		word, system, kind := s.constant.share(), mean(s.systems), mean(s.kinds)
		r.reached = fmt.Sprintf("%s / %s / %s of %d words, %d systems, %d kinds",
			down(word), down(system), down(kind), s.constant.of, len(s.systems), len(s.kinds))
		r.missed = word < 0.92 || system < 0.91 || kind < 0.91
	}
	return r
}

func (s *sums) clean() row {
	r := row{
		what: "words of clean lines lost: log messages / error strings",
		must: "≤ 6 % / ≤ 4 %", aim: "≤ 3 % / ≤ 2 %", reached: none,
	}
	if s.messages.of+s.errors.of > 0 {
		r.reached = fmt.Sprintf("%s of %d / %s of %d", percent(s.messages), s.messages.of, percent(s.errors), s.errors.of)
		r.missed = lost(s.messages) > 0.06 || lost(s.errors) > 0.04
	}
	return r
}

func lost(t tally) float64 {
	if t.of == 0 {
		return 0
	}
	return t.share()
}

// class returns the row of a class. Its values in log lines and those in cases
// are judged apart: there are so many of the first that the others would not
// show. With a must of 0 it is reported only.
func (s *sums) class(name string, must, aim float64) row {
	r := row{what: name + " gone"}
	if must > 0 {
		r.must, r.aim = limit(must), limit(aim)
	}
	var cells []string
	for _, where := range []struct {
		kind
		name string
	}{{logLine, "log lines"}, {caseLine, "cases"}} {
		if t := s.gone[name][where.kind]; t != nil {
			cells = append(cells, fmt.Sprintf("%s %s", where.name, share(*t)))
			r.missed = r.missed || t.share() < must
		}
	}
	r.reached = strings.Join(cells, ", ")
	if len(cells) == 0 {
		r.reached = none
	}
	return r
}

// none is what a row says of which the data has nothing.
const none = "none in this data"

func atLeast(what string, t tally, must, aim float64) row {
	return row{what: what, must: limit(must), aim: limit(aim), reached: share(t), missed: t.share() < must}
}

func limit(v float64) string { return fmt.Sprintf("≥ %.3g", v) }

func share(t tally) string {
	if t.of == 0 {
		return none
	}
	return fmt.Sprintf("%s (%d of %d)", down(t.share()), t.hit, t.of)
}

// down prints a share. It is never rounded up: 0.9999 is not all.
func down(v float64) string { return fmt.Sprintf("%.3f", math.Floor(v*1000)/1000) }

// percent prints a share of what should be none, never rounded down.
func percent(t tally) string {
	if t.hit == 0 {
		return "0"
	}
	return fmt.Sprintf("%.2f %%", math.Ceil(t.share()*10000)/100)
}

// anyMissed says whether a row is worse than it must be.
func anyMissed(rows []row) bool {
	for _, r := range rows {
		if r.missed {
			return true
		}
	}
	return false
}
