package web

import (
	"net/http"
	"net/url"
)

// loginForm is the login page. Restore holds, encoded, the fields of a form that
// was posted without a session.
type loginForm struct {
	Name, Next, Restore string
	Bye                 bool // right after a logout
	Factor              bool // accounts of the site may have a second factor
}

func (s *Site) showLogin(w http.ResponseWriter, r *http.Request, v visit) {
	next := r.URL.Query().Get("next")
	if v.session != nil {
		http.Redirect(w, r, s.local(next), http.StatusSeeOther)
		return
	}
	f := loginForm{Next: next, Bye: r.URL.Query().Has("bye")}
	s.loginPage(w, r, v, f, nil, http.StatusOK)
}

func (s *Site) loginPage(w http.ResponseWriter, r *http.Request, v visit, f loginForm, told *notice, status int) {
	v.session, f.Factor = nil, s.cfg.Factor != NoFactor
	s.show(w, r, v, shown{status: status, view: s.views["login"], heading: "login.title", content: f, notice: told, path: "/login"})
}

// loginAgain answers a form without a session: nothing is saved, and what was
// typed waits on the login page until somebody has logged in.
func (s *Site) loginAgain(w http.ResponseWriter, r *http.Request, v visit, path string, form url.Values) {
	f := loginForm{Next: path, Restore: keepable(form).Encode()}
	s.loginPage(w, r, v, f, badNotice("login.again"), http.StatusForbidden)
}

func (s *Site) logIn(w http.ResponseWriter, r *http.Request, v visit) {
	form, problem := readForm(w, r, loginLimit)
	if problem != nil {
		s.refuse(w, r, problem)
		return
	}
	f := loginForm{Name: cleanName(form.Get("name")), Next: form.Get("next"), Restore: form.Get("restore")}
	key, apart := s.countedAs(r, f.Name)
	if told, status := s.tooOften(w, key, apart); told != nil {
		s.loginPage(w, r, v, f, told, status)
		return
	}
	who, right, err := s.prove(r, f.Name, form.Get("password"))
	if err == nil && right {
		right, err = s.proveFactor(&who, form.Get("code"))
	}
	if err != nil {
		told, status := s.trouble(w, "log in", err)
		s.loginPage(w, r, v, f, told, status)
		return
	}
	if right {
		s.limits.right(key)
		made := s.enter(w, v, who.Name)
		// The password may have been changed, or the account removed, while
		// this one was checked.
		if now, ok := s.accounts.find(who.Name); ok && now.Hash == who.Hash {
			s.goOn(w, r, made, f)
			return
		}
		s.sessions.end(func(x *session) bool { return x == made })
		s.setCookie(w, s.sessionCookie(), "", -1)
	}
	s.loginPage(w, r, v, f, badNotice(s.wrongLogin()), http.StatusForbidden)
}

// wrongLogin does not say which of them is wrong.
func (s *Site) wrongLogin() string {
	if s.cfg.Factor != NoFactor {
		return "login.wrong.factor"
	}
	return "login.wrong"
}

// prove checks a password. Names that nobody has take as long.
func (s *Site) prove(r *http.Request, name, password string) (who account, right bool, err error) {
	who, _ = s.accounts.find(name)
	right, weak, err := s.hasher.verify(r.Context(), who.Hash, password)
	if err != nil || !right {
		return who, false, err
	}
	if weak { // today's cost is higher; that it cannot be written is no reason to refuse
		if hash, err := s.hasher.hash(r.Context(), password); err == nil && s.accounts.setHash(who.Name, who.Hash, hash, who.Changed) == nil {
			who.Hash = hash
		}
	}
	return who, true, nil
}

// goOn leads to where somebody wanted to go, with what he had typed there.
func (s *Site) goOn(w http.ResponseWriter, r *http.Request, made *session, f loginForm) {
	to := s.local(f.Next)
	if fields, err := url.ParseQuery(f.Restore); err == nil && len(fields) > 0 {
		if u, err := url.Parse(to); err == nil && s.paths[u.Path] != nil {
			s.sessions.bring(made, &restored{path: u.Path, fields: keepable(fields)})
		}
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
