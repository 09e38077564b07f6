package web

import (
	"fmt"
	"net/http"
	"net/url"
)

// Page is one address of the site. Every page is for whoever is logged in and
// has one of its roles.
type Page struct {
	Path  string // "/" or "/name", matched as it is
	Roles []Role // who may open it, on a site that has roles; none: everybody
	Title string // key; the frame writes it as the page's only <h1>. "": not in the navigation
	Group string // key of the navigation's group; "": none

	Hidden bool // not in the navigation, although it has a title

	// Template is a file in [Config.Files], "templates/name.html": what stands
	// below the <h1>, with what Show returned as its dot. Files that begin with
	// an underscore are parsed into every page, for {{template}}.
	Template string

	Show     func(r *Request) (any, error)                                       // GET
	Save     func(r *Request) (*Answer, error)                                   // POST; nil: 405. Without Show and Download a GET is answered 405
	Home     string                                                              // of such a page: the page, added before, that has its form
	Download func(r *Request) (name, contentType string, body []byte, err error) // instead of Show and Template: GET answers a file
}

// Request is a request of somebody who is logged in.
type Request struct {
	*http.Request

	Account string     // who asks
	Form    url.Values // of a POST its body alone, of a GET its query; never nil

	// Restored holds, on a GET, the fields of a form that was posted after its
	// session had ended: show the page filled with them, and save nothing. The
	// frame says that they are not saved yet. nil: there is nothing to restore.
	// Fields whose name begins with "password" or "private" are never carried.
	Restored url.Values

	// Carried is, on a GET, what [Answer.Carry] left for it; nil: nothing. It is
	// taken away by being shown.
	Carried any

	site    *Site
	lang    string
	session *session
	who     account
	out     http.ResponseWriter // for the account's own page, which sets cookies
}

// T returns the text of a key in the request's language, with {0}, {1} …
// replaced by args.
func (r *Request) T(key string, args ...any) string {
	return r.site.languages.text(r.lang, key, args...)
}

// Has says whether who asks has a role. On a site without roles he has all.
func (r *Request) Has(role Role) bool {
	return r.site.cfg.Roles == nil || r.who.has(role)
}

// Session names the session. It opens nothing, and nothing is derived from it.
func (r *Request) Session() string { return r.session.ID }

// Lang returns the request's language, "en" or "it".
func (r *Request) Lang() string { return r.lang }

// Answer is what a POST leads to.
type Answer struct {
	To     string // where the browser goes after success (303); "": the same page
	Notice string // key of what to say there, or, with Again, above the page; "": nothing
	Args   []any  // of Notice

	// Carry is for the page To, in the session's memory until it is shown there
	// ([Request.Carried]): nothing of it stands in an address, and nothing of the
	// form in the browser's history.
	Carry any

	Again  any // not nil: no redirection; the page is shown with this data
	Status int // of Again; 0: 422. From 400 on the notice is an error, also without Again
}

// Problem is an error that the visitor is told about with its own words and
// status; any other error of a page is told as 500 and logged.
type Problem struct {
	Status int    // 4xx or 5xx
	Key    string // what happened and what to do
	Args   []any  // of Key
}

func (p *Problem) Error() string { return fmt.Sprintf("%d: %s", p.Status, p.Key) }

// Message is a text to be: its key and what stands in it.
type Message struct {
	Key  string
	Args []any
}

// FieldErrors says what is wrong with which field of a form, by the field's
// name. In a template, {{described .Errors "name"}} inside the field's tag and
// {{problem .Errors "name"}} below it tie the two together.
type FieldErrors map[string]Message
