package web

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strings"
	"time"

	"rsc.io/qr"
)

// Factor says whether accounts have a second factor: a code from an
// authenticator app, which changes every 30 seconds, beside the password.
type Factor int

// What a site asks of its accounts.
const (
	NoFactor       Factor = iota // there is none
	FactorOffered                // who wants one sets one
	FactorRequired               // nothing opens before an account has set one
)

// factor is an account's second factor.
type factor struct {
	Secret string    `json:"secret"` // base32; whoever reads the file can make codes
	Since  time.Time `json:"since"`
	Used   int64     `json:"used"` // the latest period whose code was taken: each is good once
}

// errUsed says that a code was taken before.
var errUsed = errors.New("this code has been used")

// valid is for what was read from the file.
func (f *factor) valid() bool {
	_, err := parseSecret(f.Secret)
	return err == nil
}

// lacksFactor says that an account may do nothing else before it has set one.
func (s *Site) lacksFactor(a *account) bool { return s.cfg.Factor == FactorRequired && a.Factor == nil }

// proveFactor checks a code and takes it, on disk, before anything is opened by
// it: it is good once, also over a restart. An account without one needs none.
func (s *Site) proveFactor(a *account, typed string) (right bool, err error) {
	if s.cfg.Factor == NoFactor || a.Factor == nil {
		return true, nil
	}
	secret, err := parseSecret(a.Factor.Secret)
	if err != nil {
		return false, err
	}
	period, ok := totpMatch(secret, typed, s.cfg.Now())
	if !ok {
		return false, nil
	}
	err = s.accounts.useCode(a.Name, a.Factor.Secret, period)
	if errors.Is(err, errUsed) {
		return false, nil
	}
	return err == nil, err
}

// factorView is the page /second-factor.
type factorView struct {
	Since    time.Time // zero: there is none yet
	Required bool
	Secret   string // in groups, to be typed
	URI      template.URL
	Picture  template.HTML
	Errors   FieldErrors
}

func (s *Site) factorView(r *Request, errs FieldErrors) factorView {
	v := factorView{Required: s.cfg.Factor == FactorRequired, Errors: errs}
	me, _ := s.accounts.find(r.Account)
	if me.Factor != nil {
		v.Since = me.Factor.Since
		return v
	}
	secret := s.sessions.secret(r.session)
	uri := totpURI(s.languages.text(Languages[0], s.cfg.Title), me.Name, secret)
	v.Secret, v.URI, v.Picture = inGroups(secret), template.URL(uri), picture(uri)
	return v
}

func inGroups(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i += codeGroup {
		b.WriteString(text[i:min(i+codeGroup, len(text))] + " ")
	}
	return strings.TrimSpace(b.String())
}

// picture draws a text as a QR code, black on white also in the dark: apps read
// it with a camera. Without one, the text itself is there to be typed.
func picture(text string) template.HTML {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return ""
	}
	const margin = 4 // of ISO/IEC 18004
	side := code.Size + 2*margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg class="qr" viewBox="0 0 %d %d" width="220" height="220" aria-hidden="true" focusable="false"><rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`, side, side, side, side)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				fmt.Fprintf(&b, "M%d %dh1v1h-1z", x+margin, y+margin)
			}
		}
	}
	return template.HTML(b.String() + `"/></svg>`)
}

func (s *Site) showFactor(r *Request) (any, error) { return s.factorView(r, nil), nil }

// saveFactor sets a second factor, or takes it away so that another is set.
func (s *Site) saveFactor(r *Request) (*Answer, error) {
	me, _ := s.accounts.find(r.Account)
	switch act := r.Form.Get("act"); {
	case act == "set" && me.Factor == nil:
		return s.setFactor(r, &me)
	case act == "replace" && me.Factor != nil:
		return s.replaceFactor(r, &me)
	}
	return nil, &Problem{Status: http.StatusUnprocessableEntity, Key: "error.form"}
}

// setFactor takes the secret that the page showed, once a code proves that the
// app has it. Other sessions end, and this one gets a new token.
func (s *Site) setFactor(r *Request, me *account) (*Answer, error) {
	page := func(errs FieldErrors) any { return s.factorView(r, errs) }
	text := s.sessions.secret(r.session)
	secret, err := parseSecret(text)
	if err != nil {
		return nil, err
	}
	if told, status := s.tooOften(r.out, sessionTries(r.session), true); told != nil {
		return &Answer{Again: page(nil), Notice: told.Key, Args: told.Args, Status: status}, nil
	}
	now := s.cfg.Now()
	period, ok := totpMatch(secret, r.Form.Get("code"), now)
	if !ok {
		return wrong(page, "code", Message{Key: "factor.wrong"}), nil
	}
	s.limits.right(sessionTries(r.session))
	f := &factor{Secret: text, Since: now.UTC().Truncate(time.Second), Used: period}
	if err := s.accounts.setFactor(me.Name, nil, f); err != nil {
		told, status := s.trouble(r.out, "set second factor", err)
		return &Answer{Again: page(nil), Notice: told.Key, Status: status}, nil
	}
	s.begin(r, me.Name)
	s.note(r.Context(), Event{Act: ActFactor, By: me.Name})
	return &Answer{To: "/", Notice: "factor.done"}, nil
}

// begin ends all sessions of an account and gives this browser a new one.
func (s *Site) begin(r *Request, name string) {
	s.sessions.end(func(x *session) bool { return sameName(x.Account, name) })
	r.session = s.enter(r.out, visit{}, name)
}

// replaceFactor wants password and code again: a browser that was left open
// must not give a thief a factor of his own.
func (s *Site) replaceFactor(r *Request, me *account) (*Answer, error) {
	page := func(errs FieldErrors) any { return s.factorView(r, errs) }
	if answer, err := s.proveAgain(r, "password-for-replace", page); answer != nil || err != nil {
		return answer, err
	}
	if told, status := s.tooOften(r.out, sessionTries(r.session), true); told != nil {
		return &Answer{Again: page(nil), Notice: told.Key, Args: told.Args, Status: status}, nil
	}
	right, err := s.proveFactor(me, r.Form.Get("code"))
	if err == nil && right {
		s.limits.right(sessionTries(r.session))
		now, _ := s.accounts.find(me.Name)
		err = s.accounts.setFactor(me.Name, now.Factor, nil)
	}
	switch {
	case err != nil:
		told, status := s.trouble(r.out, "take second factor away", err)
		return &Answer{Again: page(nil), Notice: told.Key, Status: status}, nil
	case !right:
		return wrong(page, "code", Message{Key: "factor.wrong"}), nil
	}
	s.begin(r, me.Name)
	s.note(r.Context(), Event{Act: ActFactorGone, By: me.Name, Of: me.Name})
	return &Answer{Notice: "factor.replace.done"}, nil
}
