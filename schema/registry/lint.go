package registry

import (
	"fmt"
	"slices"
	"time"
)

// warnAhead is how long before a metric expires the linter says so.
const warnAhead = 30 * 24 * time.Hour

// Lint returns what a reviewer would find in a product's files, laid over the
// base as [Overlay] does, and nothing when that is nothing: every mistake for
// which Overlay refuses them, and beside those what depends on the day. A metric
// that has expired is a mistake; one that will within 30 days is a warning.
// Without files, the base itself is looked at.
func Lint(now time.Time, files ...File) Problems {
	entries, problems := lintBase()
	if len(files) > 0 {
		_, entries, problems = lay(Base(), files)
	}
	for _, e := range entries {
		e.lintExpiry(now, &problems)
	}
	return inOrder(problems, files)
}

// lintBase reads the file of the base.
func lintBase() ([]entry, Problems) {
	rd := &reader{file: baseFile}
	_, entries := rd.registry(rd.document(baseYAML))
	return entries, rd.problems
}

// lintExpiry asks whether the metric is still collected, and for how long.
func (e entry) lintExpiry(now time.Time, problems *Problems) {
	m := Metric{Expires: e.m.Expires, expires: endOf(e.m.Expires)}
	at := e.o.value("expires")
	p := Problem{File: e.file, Line: at.Line, Column: at.Column, Fix: "write a later date when the review is renewed, or remove the metric"}
	switch {
	case m.Expired(now):
		p.What = fmt.Sprintf("%s expired on %s", e.o.what, m.Expires)
	case m.Expired(now.Add(warnAhead)):
		p.What, p.Warning = fmt.Sprintf("%s expires on %s", e.o.what, m.Expires), true
	default:
		return
	}
	*problems = append(*problems, p)
}

// inOrder sorts the problems by file, in the order of the files, and position.
func inOrder(problems Problems, files []File) Problems {
	problems = problems.sorted()
	place := func(p Problem) int {
		return slices.IndexFunc(files, func(f File) bool { return f.Name == p.File })
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return place(a) - place(b) })
	return problems
}
