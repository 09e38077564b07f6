package web

import (
	"errors"
	"net/http"
	"slices"
	"time"
)

// accountsView is the page /accounts of a site that has roles.
type accountsView struct {
	Accounts []accountLine
	Others   []string // all but who asks
	Roles    []Role
	Factor   bool
	Invite   string // a code that was made just now
	Errors   FieldErrors
}

// accountLine is an account as administrators see it.
type accountLine struct {
	Name    string
	Roles   []Role
	Factor  time.Time // zero: none
	Created time.Time
}

func (s *Site) accountsView(r *Request, errs FieldErrors) accountsView {
	v := accountsView{Roles: s.cfg.Roles, Factor: s.cfg.Factor != NoFactor, Errors: errs}
	for _, a := range s.accounts.all() {
		line := accountLine{Name: a.Name, Roles: a.Roles, Created: a.Created}
		if a.Factor != nil {
			line.Factor = a.Factor.Since
		}
		v.Accounts = append(v.Accounts, line)
		if a.Name != r.Account {
			v.Others = append(v.Others, a.Name)
		}
	}
	return v
}

// Names returns all names.
func (v accountsView) Names() (out []string) {
	for _, a := range v.Accounts {
		out = append(out, a.Name)
	}
	return out
}

// roleBoxes are the boxes of roles of one form.
type roleBoxes struct {
	For   string
	Roles []Role
}

// Boxes returns the boxes of a form.
func (v accountsView) Boxes(form string) roleBoxes { return roleBoxes{form, v.Roles} }

func (s *Site) showAccounts(r *Request) (any, error) { return s.accountsView(r, nil), nil }

// saveAccounts does what one of the forms asks for, once the administrator has
// proved again who he is.
func (s *Site) saveAccounts(r *Request) (*Answer, error) {
	acts := map[string]func(*Request, func(FieldErrors) any) (*Answer, error){
		"invite": s.inviteTo, "roles": s.changeRoles, "factor": s.resetFactor, "remove": s.removeAccount,
	}
	name := r.Form.Get("act")
	act := acts[name]
	if act == nil {
		return nil, &Problem{Status: http.StatusUnprocessableEntity, Key: "error.form"}
	}
	page := func(errs FieldErrors) any { return s.accountsView(r, errs) }
	if answer, err := s.proveAgain(r, "password-for-"+name, page); answer != nil || err != nil {
		return answer, err
	}
	return act(r, page)
}

// inviteTo makes a code for an account that will have the ticked roles.
func (s *Site) inviteTo(r *Request, page func(FieldErrors) any) (*Answer, error) {
	roles := s.cleanRoles(r.Form["role"])
	if len(roles) == 0 {
		return wrong(page, "role-invite", Message{Key: "accounts.roles.none"}), nil
	}
	text, answer := s.makeInvite(page, roles)
	if answer != nil {
		return answer, nil
	}
	s.note(r.Context(), Event{Act: ActInvite, By: r.Account, Roles: roles})
	v := s.accountsView(r, nil)
	v.Invite = text
	return &Answer{Again: v, Notice: "account.invite.done", Status: http.StatusOK}, nil
}

// changeRoles gives an account the ticked roles instead of those it has.
func (s *Site) changeRoles(r *Request, page func(FieldErrors) any) (*Answer, error) {
	roles, name := s.cleanRoles(r.Form["role"]), r.Form.Get("account-roles")
	if len(roles) == 0 {
		return wrong(page, "role-roles", Message{Key: "accounts.roles.none"}), nil
	}
	if !s.accounts.has(name) {
		return wrong(page, "account-roles", Message{Key: "accounts.which"}), nil
	}
	err := s.accounts.setRoles(name, roles)
	if errors.Is(err, errNoAdministrator) {
		return wrong(page, "role-roles", Message{Key: "accounts.administrator"}), nil
	}
	if err != nil {
		return s.unwritten(r, page, "change roles", err), nil
	}
	s.note(r.Context(), Event{Act: ActRoles, By: r.Account, Of: name, Roles: roles})
	return &Answer{Notice: "accounts.roles.done", Args: []any{name}}, nil
}

// resetFactor takes the second factor of somebody who has lost it away, and ends
// his sessions. He sets a new one at his next login.
func (s *Site) resetFactor(r *Request, page func(FieldErrors) any) (*Answer, error) {
	name := r.Form.Get("account-factor")
	who, ok := s.accounts.find(name)
	if !ok || who.Name != name || name == r.Account || who.Factor == nil {
		return wrong(page, "account-factor", Message{Key: "accounts.factor.which"}), nil
	}
	if err := s.accounts.setFactor(name, who.Factor, nil); err != nil {
		return s.unwritten(r, page, "take second factor away", err), nil
	}
	s.sessions.end(func(x *session) bool { return x.Account == name })
	s.note(r.Context(), Event{Act: ActFactorGone, By: r.Account, Of: name})
	return &Answer{Notice: "accounts.factor.done", Args: []any{name}}, nil
}

// removeAccount takes another account away and ends its sessions.
func (s *Site) removeAccount(r *Request, page func(FieldErrors) any) (*Answer, error) {
	name := r.Form.Get("account")
	if name == r.Account || !s.accounts.has(name) {
		return wrong(page, "account", Message{Key: "account.remove.which"}), nil
	}
	if err := s.accounts.remove(name); err != nil {
		return s.unwritten(r, page, "remove", err), nil
	}
	s.sessions.end(func(x *session) bool { return x.Account == name })
	s.codes.clear() // he may have made one for himself
	s.note(r.Context(), Event{Act: ActRemoved, By: r.Account, Of: name})
	return &Answer{Notice: "account.remove.done", Args: []any{name}}, nil
}

// unwritten tells that a change of accounts was not made.
func (s *Site) unwritten(r *Request, page func(FieldErrors) any, act string, err error) *Answer {
	told, status := s.trouble(r.out, act, err)
	return &Answer{Again: page(nil), Notice: told.Key, Status: status}
}

// all returns a copy of all accounts, oldest first.
func (a *accounts) all() []account {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return slices.Clone(a.list)
}
