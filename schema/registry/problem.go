package registry

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one mistake in a registry file.
type Problem struct {
	File         string // as given to Parse
	Line, Column int    // from 1
	What, Fix    string // what is wrong, and what to write instead
}

// Error returns the problem as "file:line:column: what; fix: ...", the form
// that editors jump to.
func (p Problem) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s; fix: %s", p.File, p.Line, p.Column, p.What, p.Fix)
}

// Problems are all mistakes of a file, sorted by position. It is the error
// that [Parse] returns and is never empty then.
type Problems []Problem

// Error returns one problem a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.Error()
	}
	return strings.Join(lines, "\n")
}

// sorted puts the problems in the order of the file. Problems at one place
// keep the order in which they were found.
func (ps Problems) sorted() Problems {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return ps
}
