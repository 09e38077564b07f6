package web

import (
	"net/http"
	"slices"
)

// accountView is the page /account.
type accountView struct {
	Me       account
	Sessions []sessionLine
	Roles    bool // the site has them: other accounts are on /accounts
	Factor   bool // the site has second factors
	Others   []string
	Invite   string // a code that was made just now
	Errors   FieldErrors
}

func (s *Site) accountView(r *Request, errs FieldErrors) accountView {
	me, _ := s.accounts.find(r.Account)
	v := accountView{
		Me: me, Sessions: s.sessions.of(r.Account, r.session), Roles: s.cfg.Roles != nil, Factor: s.cfg.Factor != NoFactor, Errors: errs,
	}
	if !v.Roles {
		v.Others = slices.DeleteFunc(s.accounts.names(), func(name string) bool { return name == r.Account })
	}
	return v
}

func (s *Site) showAccount(r *Request) (any, error) { return s.accountView(r, nil), nil }

// saveAccount does what one of the page's forms asks for. What makes or ends
// access wants the password again: the browser may have been left open.
func (s *Site) saveAccount(r *Request) (*Answer, error) {
	switch act := r.Form.Get("act"); {
	case act == "end":
		return s.endSession(r)
	case act == "end-others":
		s.sessions.end(func(x *session) bool { return sameName(x.Account, r.Account) && x != r.session })
		return &Answer{Notice: "account.ended"}, nil
	case act == "password", s.cfg.Roles == nil && (act == "invite" || act == "remove"):
		return s.saveProved(r, act)
	}
	return nil, &Problem{Status: http.StatusUnprocessableEntity, Key: "error.form"}
}

func (s *Site) saveProved(r *Request, act string) (*Answer, error) {
	page := func(errs FieldErrors) any { return s.accountView(r, errs) }
	answer, err := s.proveAgain(r, "password-for-"+act, page)
	switch {
	case answer != nil || err != nil:
		return answer, err
	case act == "password":
		return s.changePassword(r)
	case act == "invite":
		return s.invite(r, page)
	}
	return s.removeAccount(r, page)
}

// sessionTries is the name under which what a session proves again is counted.
func sessionTries(x *session) string { return "\x00session" + x.ID }

// proveAgain checks the password of whoever is logged in; nil, nil: right. A
// page is what is shown again, with what is wrong.
func (s *Site) proveAgain(r *Request, field string, page func(FieldErrors) any) (*Answer, error) {
	key := sessionTries(r.session)
	if told, status := s.tooOften(r.out, key, true); told != nil {
		return &Answer{Again: page(nil), Notice: told.Key, Args: told.Args, Status: status}, nil
	}
	_, right, err := s.prove(r.Request, r.Account, r.Form.Get(field))
	if err != nil {
		return nil, err
	}
	if !right {
		return wrong(page, field, Message{Key: "account.password.wrong"}), nil
	}
	s.limits.right(key)
	return nil, nil
}

// wrong shows a page again with what is wrong in one field.
func wrong(page func(FieldErrors) any, field string, m Message) *Answer {
	return &Answer{Again: page(FieldErrors{field: m}), Notice: "form.mistakes"}
}

func (s *Site) endSession(r *Request) (*Answer, error) {
	id := r.Form.Get("session")
	s.sessions.end(func(x *session) bool { return x.ID == id && sameName(x.Account, r.Account) && x != r.session })
	return &Answer{Notice: "account.ended"}, nil
}

// changePassword ends all other sessions and open invitations, and gives this
// session a new token.
func (s *Site) changePassword(r *Request) (*Answer, error) {
	v := s.accountView(r, FieldErrors{})
	password := r.Form.Get("password-new")
	checkNew(v.Errors, "password-new", "password-new-again", password, r.Form.Get("password-new-again"), r.Account)
	if len(v.Errors) > 0 {
		return &Answer{Again: v, Notice: "form.mistakes"}, nil
	}
	made, err := s.makeAccount(r.Context(), newAccount{Name: r.Account, password: password})
	if err != nil {
		return nil, err
	}
	me, _ := s.accounts.find(r.Account)
	if err := s.accounts.setHash(me.Name, me.Hash, made.Hash, made.Changed); err != nil {
		told, status := s.trouble(r.out, "change password", err)
		return &Answer{Again: v, Notice: told.Key, Status: status}, nil
	}
	s.codes.clear() // whoever had the password may have made one
	s.begin(r, me.Name)
	s.note(r.Context(), Event{Act: ActPassword, By: me.Name})
	return &Answer{Notice: "account.password.done"}, nil
}

// invite makes a code for another account. It is shown once.
func (s *Site) invite(r *Request, page func(FieldErrors) any) (*Answer, error) {
	text, answer := s.makeInvite(page, nil)
	if answer != nil {
		return answer, nil
	}
	v := s.accountView(r, nil)
	v.Invite = text
	return &Answer{Again: v, Notice: "account.invite.done", Status: http.StatusOK}, nil
}

// makeInvite makes a code for an account of these roles; the answer says that
// there are too many.
func (s *Site) makeInvite(page func(FieldErrors) any, roles []Role) (string, *Answer) {
	text, ok := s.codes.invite(s.cfg.Now(), roles)
	if !ok {
		return "", &Answer{Again: page(nil), Notice: "account.invite.many", Args: []any{mostInvites}, Status: http.StatusConflict}
	}
	return text, nil
}
