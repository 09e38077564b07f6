package web

import (
	"net"
	"net/http"
	"runtime/debug"
	"slices"
	"strings"

	"log/slog"

	"github.com/tacit-telemetry/tacit/internal/routes"
)

// Handler serves the site, and says at level debug what there is. Whoever serves it
// sets timeouts: [Server].
func (s *Site) Handler() http.Handler {
	routes.Say(s.cfg.Logger, s.cfg.Title, s.served())
	csrf := http.NewCrossOriginProtection()
	csrf.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.refuse(w, r, &Problem{Status: http.StatusForbidden, Key: "error.crossorigin"})
	}))
	guarded := csrf.Handler(http.HandlerFunc(s.route))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer s.recovered(w, r)
		s.setHeaders(w.Header())
		if !s.isOurs(r.Host) {
			s.refuse(w, r, &Problem{Status: http.StatusMisdirectedRequest, Key: "error.host"})
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// served returns every method and path that is answered by something else than
// a refusal.
func (s *Site) served() (out []string) {
	for path := range s.assets.byPath {
		out = append(out, "GET "+path)
	}
	for path, own := range s.own {
		out = append(out, "POST "+path)
		if own.get != nil {
			out = append(out, "GET "+path)
		}
	}
	for _, p := range s.paths {
		for _, method := range p.methods() {
			out = append(out, method+" "+p.Path)
		}
	}
	return out
}

// policy allows our own stylesheet, images and forms, and no script at all.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *Site) setHeaders(h http.Header) {
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
	h.Set("Cache-Control", "no-store")
	if s.cfg.TLS {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
}

// isOurs guards a plain site against DNS rebinding: another site's name that
// was made to point at this machine is not one of ours. Over TLS the
// certificate does that.
func (s *Site) isOurs(host string) bool {
	if s.cfg.TLS {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(strings.Trim(host, "[]"))
	return slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, host)
}

// recovered turns a panic of a page into a 500. What the page was given is not
// logged.
func (s *Site) recovered(w http.ResponseWriter, r *http.Request) {
	switch p := recover(); p {
	case nil:
	case http.ErrAbortHandler:
		panic(p)
	default:
		s.cfg.Logger.Error("a page panicked", slog.String("stack", string(debug.Stack())))
		s.refuse(w, r, &Problem{Status: http.StatusInternalServerError, Key: "error.internal"})
	}
}

// visit is who asks, and in which language.
type visit struct {
	lang    string
	session *session // nil: nobody is logged in
	account account  // whose session it is
}

func (s *Site) visit(r *http.Request) visit {
	v := visit{lang: s.languageOf(r)}
	if c, err := r.Cookie(s.sessionCookie()); err == nil {
		v.session = s.sessions.find(c.Value)
	}
	if v.session != nil {
		var there bool
		if v.account, there = s.accounts.find(v.session.Account); !there || v.account.Name != v.session.Account {
			v.session = nil // removed, in the middle of a login
		}
	}
	return v
}

func (s *Site) sessionCookie() string {
	return s.cookieName("session")
}

// cookieName is what a cookie of this site is called. Over TLS the browser makes
// sure that it is this host's alone.
func (s *Site) cookieName(stem string) string {
	name := s.cfg.Cookies + stem
	if s.cfg.TLS {
		name = "__Host-" + name
	}
	return name
}

// ownPath is an address of this package, which needs no session.
type ownPath struct {
	get, post func(w http.ResponseWriter, r *http.Request, v visit) // get nil: 405
}

// route finds what answers a request.
func (s *Site) route(w http.ResponseWriter, r *http.Request) {
	if a := s.assets.byPath[r.URL.Path]; a != nil {
		if s.allow(w, r, http.MethodGet) {
			s.serveAsset(w, r, a)
		}
		return
	}
	v := s.visit(r)
	some, damage := s.accounts.state()
	own, isOwn := s.own[r.URL.Path]
	switch {
	case damage != nil && r.URL.Path != "/recover" && r.URL.Path != "/language":
		s.refuse(w, r, &Problem{Status: http.StatusServiceUnavailable, Key: "error.accounts", Args: []any{s.cfg.RecoverCommand}})
	case !some && damage == nil && r.URL.Path != "/setup" && r.URL.Path != "/recover" && r.URL.Path != "/language":
		http.Redirect(w, r, "/setup", http.StatusSeeOther)
	case isOwn:
		s.routeOwn(w, r, v, own)
	default:
		s.routePage(w, r, v)
	}
}

func (s *Site) routeOwn(w http.ResponseWriter, r *http.Request, v visit, own ownPath) {
	methods := []string{http.MethodPost}
	if own.get != nil {
		methods = append(methods, http.MethodGet)
	}
	switch {
	case !s.allow(w, r, methods...):
	case r.Method == http.MethodPost:
		own.post(w, r, v)
	default:
		own.get(w, r, v)
	}
}

// allow answers 405 to every other method. Who may GET may HEAD.
func (s *Site) allow(w http.ResponseWriter, r *http.Request, methods ...string) bool {
	if slices.Contains(methods, http.MethodGet) {
		methods = append(methods, http.MethodHead)
	}
	if slices.Contains(methods, r.Method) {
		return true
	}
	w.Header().Set("Allow", strings.Join(methods, ", "))
	s.refuse(w, r, &Problem{Status: http.StatusMethodNotAllowed, Key: "error.method"})
	return false
}
