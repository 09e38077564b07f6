package rig

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// shed is a page with forms of every shape that is read.
const shed = `<!doctype html><title>Shed</title><style>p { color: red }</style><h1>Tools</h1>
<form method="post" action="/out"><button>Log out</button></form>
<form method="post" action="/save?x=1">
<input type="hidden" name="revision" value="7 &amp; more">
<div><input type="checkbox" id="a" name="spade"><label for="a">The   <b>spade</b></label></div>
<label><input type="checkbox" name="rake" value="yes" checked> The rake</label>
<label>Name <input name="name" value="Ada"></label>
<label><input type="radio" name="size" value="small" checked> Small</label>
<label><input type="radio" name="size" value="large"> Large</label>
<button name="act" value="keep">Keep them</button>
</form>`

func TestAdmin(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		if _, err := r.Cookie("session"); err != nil {
			http.Redirect(w, r, "/login", http.StatusSeeOther)
			return
		}
		fmt.Fprint(w, shed)
	})
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, _ *http.Request) {
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1", Path: "/"})
		fmt.Fprint(w, "<p>Come in</p>")
	})
	mux.HandleFunc("POST /save", func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Origin") != "http://"+r.Host || r.Header.Get("Sec-Fetch-Site") != "same-origin" {
			t.Errorf("sent with %v", r.Header)
		}
		w.WriteHeader(http.StatusConflict)
		_ = r.ParseForm()
		fmt.Fprintf(w, "<p>%s</p>", strings.ReplaceAll(r.PostForm.Encode(), "&", " "))
	})
	s := httptest.NewServer(http.NewCrossOriginProtection().Handler(mux))
	t.Cleanup(s.Close)
	a := NewAdmin(t, s.URL+"/")
	a.Get(t, "/").Says(t, "Come in")
	p := a.Get(t, "/")
	if p.Text() != "Shed Tools Log out The spade The rake Name Small Large Keep them" {
		t.Errorf("the page says %q", p.Text())
	}
	for label, want := range map[string]string{"The spade": "off", "The rake": "on", "Name": "Ada", "Small": "on", "Large": "off"} {
		if got := p.Shown(t, "Keep them", label); got != want {
			t.Errorf("%s is shown as %q", label, got)
		}
	}
	for _, c := range []struct {
		fill map[string]string
		want string
	}{
		{nil, "act=keep name=Ada rake=yes revision=7+%26+more size=small"},
		{map[string]string{"The spade": "on", "The rake": "off", "Name": "Bo", "Large": "on"}, "act=keep name=Bo revision=7+%26+more size=large spade=on"},
	} {
		got := a.Submit(t, p, "Keep them", c.fill)
		if got.Status != http.StatusConflict || got.Text() != c.want || got.URL.RawQuery != "x=1" {
			t.Errorf("%v sent %q to %v", c.fill, got.Text(), got.URL)
		}
	}
}
