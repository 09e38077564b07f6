package diagnosis

import (
	"strings"

	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Known is the vendor's file: what is known to be wrong, and until when which
// version is supported. See [ParseKnown] for its form.
type Known struct {
	Issues   []Issue
	Releases []Release
}

// Issue is one known issue. It is that of a signature when each of Product,
// Code and Function that it names is the signature's; of an operation that is
// slow when it names neither Code nor Function, and its Operation is the slow one.
type Issue struct {
	Product   string `json:"product"`
	Code      string `json:"code,omitempty"`      // of the error
	Function  string `json:"function,omitempty"`  // as "query.Run" or with its import path
	Operation string `json:"operation,omitempty"` // that fails or is slow
	Title     string `json:"title"`
	// Since and FixedIn are versions: the first that has it, and the first that
	// has it no more; "": not known, or not fixed.
	Since      string `json:"since,omitempty"`
	FixedIn    string `json:"fixed_in,omitempty"`
	Workaround string `json:"workaround,omitempty"`
	URL        string `json:"url,omitempty"`
}

// Release is a version, or all versions that begin with its numbers, and the last
// day on which it is supported.
type Release struct {
	Product   string
	Version   string // as "5.2", which 5.2.7 is a version of
	EndOfLife string // a day such as 2027-06-30
}

// ofSignature returns the issue of a signature that this version has, or nil.
// Of several the one that names most.
func (k *Known) ofSignature(s *Signature, version string) *Issue {
	return k.best(version, func(i *Issue) int {
		named := 0
		for _, p := range [][2]string{{i.Code, s.Code}, {i.Operation, s.Operation}} {
			if p[0] != "" && p[0] != p[1] {
				return 0
			} else if p[0] != "" {
				named++
			}
		}
		if i.Function != "" {
			if !isFunction(i.Function, s.Function) {
				return 0
			}
			named++
		}
		if i.Product != s.Product || i.Code == "" && i.Function == "" {
			return 0
		}
		return named
	})
}

// ofSlow returns the issue of a slow operation that this version has, or nil.
func (k *Known) ofSlow(s *Slow) *Issue {
	return k.best(s.Version, func(i *Issue) int {
		if i.Product != s.Product || i.Code != "" || i.Function != "" || i.Operation != s.Operation {
			return 0
		}
		return 1
	})
}

// best returns a copy of the issue that matches best, among those that a version
// has.
func (k *Known) best(version string, match func(*Issue) int) *Issue {
	if k == nil {
		return nil
	}
	var found *Issue
	most := 0
	for i := range k.Issues {
		issue := &k.Issues[i]
		if n := match(issue); n > most && issue.has(version) {
			found, most = issue, n
		}
	}
	if found == nil {
		return nil
	}
	one := *found
	return &one
}

// has says whether a version has the issue.
func (i *Issue) has(version string) bool {
	return (i.Since == "" || registry.CompareVersions(version, i.Since) >= 0) &&
		(i.FixedIn == "" || registry.CompareVersions(version, i.FixedIn) < 0)
}

// isFunction says whether a function is the one that an issue names, with its
// import path or only the last element of that.
func isFunction(named, function string) bool { return named == function || named == short(function) }

// short returns a function without the directories of its import path.
func short(function string) string { return function[strings.LastIndexByte(function, '/')+1:] }

// endOfLife returns the last day of support of a version, or "". Of several
// entries the one that names most of the version.
func (k *Known) endOfLife(product, version string) string {
	if k == nil {
		return ""
	}
	day, longest := "", 0
	for _, r := range k.Releases {
		is := version == r.Version || strings.HasPrefix(version, r.Version) && strings.IndexByte(".-+", version[len(r.Version)]) >= 0
		if r.Product == product && is && len(r.Version) > longest {
			day, longest = r.EndOfLife, len(r.Version)
		}
	}
	return day
}
