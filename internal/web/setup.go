package web

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// setupFile, in [Config.Dir], holds the setup code while it is of use.
const setupFile = "setup-code"

// SetupCode makes a one-time code for the first account, ends the one before,
// and returns it; it also stands in Dir/setup-code, for its owner only. It is
// good for an hour and one account. It returns "" when there is an account, or
// when the accounts cannot be read: then the site is closed.
func (s *Site) SetupCode() (string, error) {
	path := filepath.Join(s.cfg.Dir, setupFile)
	if some, damage := s.accounts.state(); some || damage != nil {
		return "", remove(path)
	}
	text := s.codes.replace(s.cfg.Now())
	if err := durable.WriteFile(path, []byte(text+"\n"), durable.OwnerFile); err != nil {
		s.codes.clear()
		return "", fmt.Errorf("make a setup code: %w", err)
	}
	return text, nil
}

// remove takes a file away; none is fine.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (s *Site) showSetup(w http.ResponseWriter, r *http.Request, v visit) {
	s.setupPage(w, r, v, newAccount{}, nil, http.StatusOK)
}

func (s *Site) setupPage(w http.ResponseWriter, r *http.Request, v visit, n newAccount, told *notice, status int) {
	some, _ := s.accounts.state()
	n.First, n.Command = !some, s.cfg.RecoverCommand
	heading := "setup.title"
	if some {
		heading = "invited.title"
	}
	s.show(w, r, v, shown{status: status, view: s.views["setup"], heading: heading, content: n, notice: told})
}

// setUp makes the first account, or one by invitation. The code is looked at
// first, so that a stranger learns nothing by it, and used last, so that a
// mistake in the form does not cost it.
func (s *Site) setUp(w http.ResponseWriter, r *http.Request, v visit) {
	form, problem := readForm(w, r, formLimit)
	if problem != nil {
		s.refuse(w, r, problem)
		return
	}
	n := readNewAccount(form)
	if state := s.codes.look(n.Code, s.cfg.Now()); state != codeGood {
		s.badCode(w, r, v, n, state)
		return
	}
	if !n.check(form.Get("password-again")) {
		s.setupPage(w, r, v, n, badNotice("form.mistakes"), http.StatusUnprocessableEntity)
		return
	}
	taken, state, giveBack := s.codes.use(n.Code, s.cfg.Now())
	if state != codeGood {
		s.badCode(w, r, v, n, state)
		return
	}
	first, err := s.create(r, n, taken.roles)
	if err != nil {
		giveBack()
		told, status := s.trouble(w, "create", err)
		s.setupPage(w, r, v, n, told, status)
		return
	}
	s.welcome(w, r, v, n.Name, first)
}

// create makes the account: as the first while there is none.
func (s *Site) create(r *http.Request, n newAccount, roles []Role) (first bool, err error) {
	made, err := s.makeAccount(r.Context(), n)
	if err != nil {
		return false, err
	}
	if some, _ := s.accounts.state(); some {
		made.Roles = roles
		return false, s.accounts.add(made)
	}
	made.Roles = s.firstRoles()
	return true, s.accounts.addFirst(made)
}

func (s *Site) welcome(w http.ResponseWriter, r *http.Request, v visit, name string, first bool) {
	act := ActInvited
	if first {
		act = ActSetUp
		s.endSetup()
	}
	s.note(r.Context(), Event{Act: act, By: name})
	made := s.enter(w, v, name)
	s.sessions.tell(made, &notice{Message: Message{Key: "setup.done"}})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// endSetup takes the setup code away, wherever it stands.
func (s *Site) endSetup() {
	s.codes.clear()
	if err := remove(filepath.Join(s.cfg.Dir, setupFile)); err != nil {
		s.cfg.Logger.Warn("the used setup code's file could not be removed; the code is worthless")
	}
}

// badCode says what is wrong with a code and how to get another.
func (s *Site) badCode(w http.ResponseWriter, r *http.Request, v visit, n newAccount, state codeState) {
	key := "code.unknown"
	switch state {
	case codeExpired:
		key = "code.expired"
	case codeSpent:
		key = "code.spent"
	}
	if told, status := s.tooOften(w, codeTries, false); told != nil {
		s.setupPage(w, r, v, n, told, status)
		return
	}
	n.Errors = FieldErrors{"code": Message{Key: key, Args: []any{s.cfg.RecoverCommand}}}
	s.setupPage(w, r, v, n, badNotice("form.mistakes"), http.StatusForbidden)
}
