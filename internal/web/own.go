package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// addOwn adds the pages of this package.
func (s *Site) addOwn() {
	s.own = map[string]ownPath{
		"/setup":    {get: s.showSetup, post: s.setUp},
		"/login":    {get: s.showLogin, post: s.logIn},
		"/logout":   {post: s.logOut},
		"/recover":  {get: s.showRecover, post: s.recoverAccount},
		"/language": {post: s.setLanguage},
	}
	own := []*page{{Page: Page{Path: "/account", Title: "account.title", Show: s.showAccount, Save: s.saveAccount}, view: s.views["account"], menu: true}}
	if s.cfg.Factor != NoFactor {
		own = append(own, &page{Page: Page{Path: factorPath, Title: "factor.title", Show: s.showFactor, Save: s.saveFactor}, view: s.views["second-factor"], menu: true})
	}
	if s.cfg.Roles != nil {
		own = append(own, &page{view: s.views["accounts"], Page: Page{
			Path: "/accounts", Title: "accounts.title", Roles: []Role{Administrator}, Show: s.showAccounts, Save: s.saveAccounts,
		}})
	}
	for _, p := range own {
		s.pages, s.paths[p.Path] = append(s.pages, p), p
	}
	s.ownPages = len(s.pages)
}

// factorPath is where a second factor is set: all that opens to an account which
// lacks one that it needs.
const factorPath = "/second-factor"

// enter begins a session, ends the one that the browser may have had, and sets
// the cookie. SameSite is Lax, so that a link in a mail does not look logged
// out; a post from another site is refused anyway.
func (s *Site) enter(w http.ResponseWriter, v visit, name string) *session {
	if old := v.session; old != nil {
		s.sessions.end(func(x *session) bool { return x == old })
	}
	token, made := s.sessions.start(name)
	s.setCookie(w, s.sessionCookie(), token, 0)
	s.remember(w, name)
	return made
}

// setCookie sets a cookie of this site; age 0: until the browser ends, below 0:
// take it away.
func (s *Site) setCookie(w http.ResponseWriter, name, value string, age time.Duration) {
	c := &http.Cookie{Name: name, Value: value, Path: "/", Secure: s.cfg.TLS, HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if c.MaxAge = int(age.Seconds()); age < 0 {
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
}

func (s *Site) logOut(w http.ResponseWriter, r *http.Request, v visit) {
	if old := v.session; old != nil {
		s.sessions.end(func(x *session) bool { return x == old })
	}
	s.setCookie(w, s.sessionCookie(), "", -1)
	http.Redirect(w, r, "/login?bye", http.StatusSeeOther)
}

const year = 365 * 24 * time.Hour

func (s *Site) setLanguage(w http.ResponseWriter, r *http.Request, _ visit) {
	form, problem := readForm(w, r, formLimit)
	if problem != nil {
		s.refuse(w, r, problem)
		return
	}
	if lang := form.Get("language"); slices.Contains(Languages, lang) {
		s.setCookie(w, s.languageCookie(), lang, year)
	}
	http.Redirect(w, r, s.local(form.Get("next")), http.StatusSeeOther)
}

// local returns an address of this site to go to, or "/": never another site's.
func (s *Site) local(to string) string {
	u, err := url.Parse(to)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" {
		return "/"
	}
	own, isOwn := s.own[u.Path]
	p := s.paths[u.Path]
	if (p == nil || p.onlyPost()) && (!isOwn || own.get == nil) {
		return "/"
	}
	return (&url.URL{Path: u.Path, RawQuery: u.RawQuery}).String()
}

// newAccount is a form for a name and a password: of the first account, of one
// by invitation, or of one that is recovered.
type newAccount struct {
	Code, Name string // as typed
	First      bool   // there is no account yet
	Command    string // which makes a code for who has none
	Errors     FieldErrors

	password string
}

func readNewAccount(form url.Values) newAccount {
	return newAccount{Code: form.Get("code"), Name: cleanName(form.Get("name")), Errors: FieldErrors{}, password: form.Get("password")}
}

// check fills Errors; false when there are some.
func (n *newAccount) check(again string) bool {
	if !validName(n.Name) {
		n.Errors["name"] = Message{Key: "account.name.form"}
	}
	checkNew(n.Errors, "password", "password-again", n.password, again, n.Name)
	return len(n.Errors) == 0
}

// checkNew looks at a new password that was typed twice.
func checkNew(errs FieldErrors, field, fieldAgain, password, again, name string) {
	if key := checkPassword(password, name); key != "" {
		errs[field] = Message{key, []any{shortestPassword, longestPassword}}
	} else if password != again {
		errs[fieldAgain] = Message{Key: "password.differ"}
	}
}

// make hashes the password and makes the account.
func (s *Site) makeAccount(ctx context.Context, n newAccount) (account, error) {
	hash, err := s.hasher.hash(ctx, n.password)
	now := s.cfg.Now().UTC().Truncate(time.Second)
	return account{Name: n.Name, Hash: hash, Created: now, Changed: now}, err
}

// tooOften answers 429 when this name, or everybody, tries too often.
func (s *Site) tooOften(w http.ResponseWriter, name string, apart bool) (told *notice, status int) {
	wait := s.limits.try(name, apart, s.cfg.Now())
	if wait <= 0 {
		return nil, 0
	}
	retryAfter(w, wait)
	return badNotice("login.slow", int((wait+time.Second-1)/time.Second)), http.StatusTooManyRequests
}

func badNotice(key string, args ...any) *notice { return &notice{Message{key, args}, true} }

// codeTries is the name under which wrong codes are counted; no account can have
// it. A right code is never slowed: nobody guesses 140 bits, and a stranger who
// tries must not keep out whoever has one.
const codeTries = "\x00code"

// trouble turns an error of hashing or of writing accounts into a notice: what
// was typed stays on the page.
func (s *Site) trouble(w http.ResponseWriter, act string, err error) (*notice, int) {
	switch {
	case errors.Is(err, errBusy):
		retryAfter(w, 5*time.Second)
		return badNotice("error.busy"), http.StatusServiceUnavailable
	case errors.Is(err, errNotFirst):
		return badNotice("code.spent"), http.StatusConflict
	case errors.Is(err, errTaken):
		return badNotice("account.name.taken"), http.StatusConflict
	case errors.Is(err, errNoRoom):
		return badNotice("account.many"), http.StatusConflict
	}
	s.cfg.Logger.Error("an account could not be changed", slog.String("act", act), slog.Any("err", err))
	return badNotice("error.write"), http.StatusInternalServerError
}
