package registry

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/codec"
)

// Set is a vendor's registry at several releases, for whoever receives what
// hosts send: they are not all of one release. It is read only.
//
// The numbers are the vendor's. The base counts by itself, so that a release of
// it may have the number of one of the vendor's: what is reported under the base
// alone is then checked by that, and else by the newest. Both name what they take
// in of the base.
type Set struct {
	releases []*Registry // by release, ascending; never empty
}

// NewSet returns the set of registries. The error says that there is none, or
// which release is there twice.
func NewSet(rs ...*Registry) (*Set, error) {
	if len(rs) == 0 {
		return nil, errors.New("make a set of registries: there is none; give at least one")
	}
	s := &Set{releases: slices.Clone(rs)}
	slices.SortFunc(s.releases, func(a, b *Registry) int { return cmp.Compare(a.Release, b.Release) })
	for i, r := range s.releases[1:] {
		if r.Release == s.releases[i].Release {
			return nil, fmt.Errorf("make a set of registries: release %d is there twice; give each once", r.Release)
		}
	}
	return s, nil
}

// BaseSet returns the set of the base alone: that of a vendor who registered
// nothing.
func BaseSet() *Set { return &Set{releases: []*Registry{Base()}} }

// For returns the registry by which what is of that release is checked and
// shown: its own, or the newest when the set has not that one.
func (s *Set) For(release schema.Release) *Registry {
	i, found := slices.BinarySearchFunc(s.releases, release, func(r *Registry, release schema.Release) int {
		return cmp.Compare(r.Release, release)
	})
	if found {
		return s.releases[i]
	}
	return s.Newest()
}

// Newest returns the registry of the highest release.
func (s *Set) Newest() *Registry { return s.releases[len(s.releases)-1] }

// CheckFragment refuses a fragment as [Registry.CheckFragment] does, by the
// registry that [Set.For] returns for its release. A fragment of a release that
// the set has not is not refused for that: it passes when the newest knows all
// that is in it.
func (s *Set) CheckFragment(f *codec.Fragment) error { return s.For(f.Release).checkContent(f) }
