package web

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"
)

// routePage answers one of the part's pages.
func (s *Site) routePage(w http.ResponseWriter, r *http.Request, v visit) {
	p := s.paths[r.URL.Path]
	if p == nil {
		s.refuse(w, r, &Problem{Status: http.StatusNotFound, Key: "error.notfound"})
		return
	}
	switch {
	case !s.allow(w, r, p.methods()...):
	case v.session != nil && s.lacksFactor(&v.account) && p.Path != factorPath:
		http.Redirect(w, r, factorPath, http.StatusSeeOther)
	case v.session != nil && !s.may(&v.account, p):
		s.refuse(w, r, &Problem{Status: http.StatusForbidden, Key: "error.role"})
	case r.Method == http.MethodPost:
		s.postPage(w, r, v, p)
	case v.session == nil:
		http.Redirect(w, r, "/login?next="+url.QueryEscape(r.URL.RequestURI()), http.StatusSeeOther)
	case p.Download != nil:
		s.download(w, s.request(w, r, v, r.URL.Query()), p)
	default:
		s.showPage(w, s.request(w, r, v, r.URL.Query()), v, p)
	}
}

func (p *page) methods() (list []string) {
	if !p.onlyPost() {
		list = append(list, http.MethodGet)
	}
	if p.Save != nil {
		list = append(list, http.MethodPost)
	}
	return list
}

func (s *Site) request(w http.ResponseWriter, r *http.Request, v visit, form url.Values) *Request {
	return &Request{Request: r, Account: v.session.Account, Form: form, site: s, lang: v.lang, session: v.session, who: v.account, out: w}
}

func (s *Site) showPage(w http.ResponseWriter, r *Request, v visit, p *page) {
	r.Restored, r.Carried = s.sessions.brought(r.session, p.Path), s.sessions.carried(r.session, p.Path)
	content, err := p.Show(r)
	if err != nil {
		s.refuseError(w, r.Request, "show "+p.Path, err)
		return
	}
	s.show(w, r.Request, v, shown{
		status: http.StatusOK, view: p.view, heading: p.Title, content: content, notice: s.sessions.told(r.session), unsaved: r.Restored != nil,
	})
}

func (s *Site) download(w http.ResponseWriter, r *Request, p *page) {
	name, contentType, body, err := p.Download(r)
	if err != nil {
		s.refuseError(w, r.Request, "download "+p.Path, err)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	send(w, r.Request, http.StatusOK, body, nil)
}

func (s *Site) postPage(w http.ResponseWriter, r *http.Request, v visit, p *page) {
	form, problem := readForm(w, r, formLimit)
	switch {
	case problem != nil:
		s.refuse(w, r, problem)
		return
	case v.session == nil:
		s.loginAgain(w, r, v, p.home(), form)
		return
	}
	q := s.request(w, r, v, form)
	answer, err := p.Save(q)
	v.session = q.session // a change of password begins another
	v.account, _ = s.accounts.find(q.Account)
	switch {
	case err != nil:
		s.refuseError(w, r, "save "+p.Path, err)
	case answer == nil:
		http.Redirect(w, r, p.home(), http.StatusSeeOther)
	case answer.Again != nil:
		s.showAgain(w, r, v, p, answer)
	default:
		s.goTo(w, r, v, p, answer)
	}
}

// goTo leads to a page, with what it is to say and to show.
func (s *Site) goTo(w http.ResponseWriter, r *http.Request, v visit, p *page, a *Answer) {
	if a.Notice != "" {
		s.sessions.tell(v.session, &notice{Message{a.Notice, a.Args}, a.Status >= http.StatusBadRequest})
	}
	to := a.To
	if to == "" {
		to = p.home()
	}
	if a.Carry != nil {
		path, _, _ := strings.Cut(to, "?")
		s.sessions.carry(v.session, &carried{path, a.Carry})
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

func (s *Site) showAgain(w http.ResponseWriter, r *http.Request, v visit, p *page, a *Answer) {
	what := shown{status: a.Status, view: p.view, heading: p.Title, content: a.Again}
	if what.status == 0 {
		what.status = http.StatusUnprocessableEntity
	}
	if a.Notice != "" {
		what.notice = &notice{Message{a.Notice, a.Args}, what.status >= http.StatusBadRequest}
	}
	s.show(w, r, v, what)
}

// Largest bodies: of a form, and of the login that carries one.
const (
	formLimit  = 64 << 10
	loginLimit = 4 * formLimit
)

// readForm reads a posted form. Any other kind of body is refused: it would
// look like a form with every box unticked.
func readForm(w http.ResponseWriter, r *http.Request, limit int64) (url.Values, *Problem) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return nil, &Problem{Status: http.StatusUnsupportedMediaType, Key: "error.kind"}
	}
	r.Body = http.MaxBytesReader(w, r.Body, limit)
	err = r.ParseForm()
	if large := (*http.MaxBytesError)(nil); errors.As(err, &large) {
		return nil, &Problem{Status: http.StatusRequestEntityTooLarge, Key: "error.large"}
	}
	if err != nil {
		return nil, &Problem{Status: http.StatusBadRequest, Key: "error.form"}
	}
	return r.PostForm, nil
}

// keepable returns the fields of a form that may be kept until after a login.
func keepable(form url.Values) url.Values {
	out := url.Values{}
	for name, values := range form {
		if !strings.HasPrefix(name, "password") && !strings.HasPrefix(name, "private") {
			out[name] = values
		}
	}
	return out
}
