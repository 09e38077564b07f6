package web

import (
	"net/http"
	"slices"
)

// accountView is the page /account.
type accountView struct {
	Me       account
	Sessions []sessionLine
	Others   []string
	Invite   string // a code that was made just now
	Command  string
	Errors   FieldErrors
}

func (s *Site) accountView(r *Request) accountView {
	me, _ := s.accounts.find(r.Account)
	others := slices.DeleteFunc(s.accounts.names(), func(name string) bool { return name == r.Account })
	return accountView{
		Me: me, Sessions: s.sessions.of(r.Account, r.session), Others: others,
		Command: s.cfg.RecoverCommand, Errors: FieldErrors{},
	}
}

func (s *Site) showAccount(r *Request) (any, error) { return s.accountView(r), nil }

// saveAccount does what one of the page's forms asks for. What makes or ends
// access wants the password again: the browser may have been left open.
func (s *Site) saveAccount(r *Request) (*Answer, error) {
	switch act := r.Form.Get("act"); act {
	case "end":
		return s.endSession(r)
	case "end-others":
		s.sessions.end(func(x *session) bool { return sameName(x.Account, r.Account) && x != r.session })
		return &Answer{Notice: "account.ended"}, nil
	case "password", "invite", "remove":
		field := "password-for-" + act
		answer, err := s.proveAgain(r, field)
		switch {
		case answer != nil || err != nil:
			return answer, err
		case act == "password":
			return s.changePassword(r)
		case act == "invite":
			return s.invite(r)
		}
		return s.removeAccount(r)
	}
	return nil, &Problem{Status: http.StatusUnprocessableEntity, Key: "error.form"}
}

// proveAgain checks the password of whoever is logged in; nil, nil: right.
func (s *Site) proveAgain(r *Request, field string) (*Answer, error) {
	key := "\x00session" + r.session.ID
	if told, status := s.tooOften(r.out, key, true); told != nil {
		return &Answer{Again: s.accountView(r), Notice: told.Key, Args: told.Args, Status: status}, nil
	}
	_, right, err := s.prove(r.Request, r.Account, key, r.Form.Get(field))
	if err != nil {
		return nil, err
	}
	if !right {
		return s.wrong(r, field, Message{Key: "account.password.wrong"}), nil
	}
	return nil, nil
}

func (s *Site) wrong(r *Request, field string, m Message) *Answer {
	v := s.accountView(r)
	v.Errors[field] = m
	return &Answer{Again: v, Notice: "form.mistakes"}
}

func (s *Site) endSession(r *Request) (*Answer, error) {
	id := r.Form.Get("session")
	s.sessions.end(func(x *session) bool { return x.ID == id && sameName(x.Account, r.Account) && x != r.session })
	return &Answer{Notice: "account.ended"}, nil
}

// changePassword ends all other sessions and open invitations, and gives this
// session a new token.
func (s *Site) changePassword(r *Request) (*Answer, error) {
	v := s.accountView(r)
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
	s.sessions.end(func(x *session) bool { return sameName(x.Account, me.Name) })
	s.codes.clear() // whoever had the password may have made one
	r.session = s.enter(r.out, visit{}, me.Name)
	s.note(r.Context(), ActPassword, me.Name)
	return &Answer{Notice: "account.password.done"}, nil
}

// invite makes a code for another account. It is shown once.
func (s *Site) invite(r *Request) (*Answer, error) {
	text, ok := s.codes.invite(s.cfg.Now())
	if !ok {
		return &Answer{Again: s.accountView(r), Notice: "account.invite.many", Args: []any{mostInvites}, Status: http.StatusConflict}, nil
	}
	v := s.accountView(r)
	v.Invite = text
	return &Answer{Again: v, Notice: "account.invite.done", Status: http.StatusOK}, nil
}

// removeAccount takes another account away and ends its sessions.
func (s *Site) removeAccount(r *Request) (*Answer, error) {
	name := r.Form.Get("account")
	if name == r.Account || !s.accounts.has(name) {
		return s.wrong(r, "account", Message{Key: "account.remove.which"}), nil
	}
	if err := s.accounts.remove(name); err != nil {
		told, status := s.trouble(r.out, "remove", err)
		return &Answer{Again: s.accountView(r), Notice: told.Key, Status: status}, nil
	}
	s.sessions.end(func(x *session) bool { return x.Account == name })
	s.codes.clear() // he may have made one for himself
	s.note(r.Context(), ActRemoved, r.Account)
	return &Answer{Notice: "account.remove.done", Args: []any{name}}, nil
}
