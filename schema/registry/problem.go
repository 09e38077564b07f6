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
	Warning      bool   // nothing is wrong yet: the registry is taken all the same
}

// Error returns the problem as "file:line:column: what; fix: ...", the form
// that editors jump to. What a warning says begins with that word.
func (p Problem) Error() string {
	if p.Warning {
		return fmt.Sprintf("%s:%d:%d: warning: %s; fix: %s", p.File, p.Line, p.Column, p.What, p.Fix)
	}
	return fmt.Sprintf("%s:%d:%d: %s; fix: %s", p.File, p.Line, p.Column, p.What, p.Fix)
}

// Problems are all mistakes of one or more files, sorted by position in each.
// It is the error that [Parse] and [Overlay] return and is never empty then.
type Problems []Problem

// Errors returns those that are no warnings.
func (ps Problems) Errors() Problems {
	return slices.DeleteFunc(slices.Clone(ps), func(p Problem) bool { return p.Warning })
}

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
