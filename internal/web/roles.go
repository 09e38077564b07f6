package web

import "slices"

// Role is a right of an account, on a site that has roles. An account may have
// several.
type Role string

// The roles that there are. What each may do beside the last is the part's, by
// [Page.Roles].
const (
	Support        Role = "support"         // opens one installation's history
	Analyst        Role = "analyst"         // asks questions about all of them together
	PrivacyOfficer Role = "privacy_officer" // reads who opened what, exports and erases
	Administrator  Role = "administrator"   // makes accounts, and says which roles they have
)

var allRoles = []Role{Support, Analyst, PrivacyOfficer, Administrator}

// roleKey is the key of a role's name.
func roleKey(r Role) string { return "role." + string(r) }

// firstRoles are those of the first account, and of one that is recovered where
// there is none.
func (s *Site) firstRoles() []Role {
	switch {
	case s.cfg.Roles == nil:
		return nil
	case s.cfg.First == nil:
		return []Role{Administrator}
	}
	return s.cfg.First
}

// has says whether an account has one of the roles; none are everybody's.
func (a *account) has(roles ...Role) bool {
	return len(roles) == 0 || slices.ContainsFunc(roles, func(r Role) bool { return slices.Contains(a.Roles, r) })
}

// may says whether an account may open a page.
func (s *Site) may(a *account, p *page) bool { return s.cfg.Roles == nil || a.has(p.Roles...) }

// cleanRoles returns those of the site's roles that were ticked, in the site's
// order.
func (s *Site) cleanRoles(ticked []string) (out []Role) {
	for _, r := range s.cfg.Roles {
		if slices.Contains(ticked, string(r)) {
			out = append(out, r)
		}
	}
	return out
}

// administered says whether somebody may give roles.
func administered(list []account) bool {
	return slices.ContainsFunc(list, func(a account) bool { return a.has(Administrator) })
}
