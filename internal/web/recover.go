package web

import (
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// recoverAccount sets a new password by a code of [Recover].
func (s *Site) recoverAccount(w http.ResponseWriter, r *http.Request, v visit) {
	form, problem := readForm(w, r, formLimit)
	if problem != nil {
		s.refuse(w, r, problem)
		return
	}
	n := readNewAccount(form)
	made, state, err := s.lookRecovery(n.Code)
	if state != codeGood {
		s.badRecovery(w, r, v, n, state, err)
		return
	}
	valid := n.check(form.Get("password-again"))
	if made.Account != "" && !sameName(made.Account, n.Name) {
		n.Errors["name"], valid = Message{Key: "recover.other"}, false
	}
	if !valid {
		s.recoverPage(w, r, v, n, badNotice("form.mistakes"), http.StatusUnprocessableEntity)
		return
	}
	if made.Account != "" {
		n.Name = made.Account
	}
	s.restore(w, r, v, n)
}

// restore hashes the password, uses the code and changes the account.
func (s *Site) restore(w http.ResponseWriter, r *http.Request, v visit, n newAccount) {
	made, err := s.makeAccount(r.Context(), n)
	if err != nil {
		told, status := s.trouble(w, "restore", err)
		s.recoverPage(w, r, v, n, told, status)
		return
	}
	// Of many at once, one removes the file.
	if err := os.Remove(filepath.Join(s.cfg.Dir, recoverFile)); err != nil {
		s.badRecovery(w, r, v, n, codeSpent, nil)
		return
	}
	made.Roles = s.firstRoles() // of an account that was not there; others keep theirs
	if err := s.accounts.restore(made); err != nil {
		told, status := s.trouble(w, "restore", err)
		s.recoverPage(w, r, v, n, told, status)
		return
	}
	s.endSetup()
	s.sessions.end(func(x *session) bool { return sameName(x.Account, made.Name) })
	s.limits.right(made.Name)
	s.note(r.Context(), Event{Act: ActRestored, By: made.Name})
	begun := s.enter(w, v, s.spelled(made.Name))
	s.sessions.tell(begun, &notice{Message: Message{Key: "recover.done"}})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// spelled returns the name as the account has it.
func (s *Site) spelled(name string) string {
	if a, ok := s.accounts.find(name); ok {
		return a.Name
	}
	return name
}

// badRecovery says what is wrong with a code. The error is of its file, and is
// logged no oftener than strangers may try.
func (s *Site) badRecovery(w http.ResponseWriter, r *http.Request, v visit, n newAccount, state codeState, unread error) {
	key := "recover.unknown"
	switch state {
	case codeExpired:
		key = "recover.expired"
	case codeSpent:
		key = "code.spent"
	}
	if told, status := s.tooOften(w, codeTries, false); told != nil {
		s.recoverPage(w, r, v, n, told, status)
		return
	}
	if unread != nil {
		s.cfg.Logger.Error("the recover file cannot be read; make a new code", slog.Any("err", durable.Bare(unread)))
	}
	n.Errors = FieldErrors{"code": Message{Key: key, Args: []any{s.cfg.RecoverCommand}}}
	s.recoverPage(w, r, v, n, badNotice("form.mistakes"), http.StatusForbidden)
}
