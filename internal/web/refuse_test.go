package web

import (
	"net/http"
	"strings"
	"testing"
)

// TestRefusals is the table of what a page must never have to think about.
func TestRefusals(t *testing.T) {
	rg := newRig(t, nil)
	b := rg.admin()
	post := func(header ...string) func() answer {
		return func() answer { return b.do(http.MethodPost, "/thing", form("text", "x"), header...) }
	}
	for name, c := range map[string]struct {
		do     func() answer
		status int
		says   string
	}{
		"cross-site by Sec-Fetch-Site": {post("Sec-Fetch-Site", "cross-site"), 403, "another site"},
		"same-site is another site":    {post("Sec-Fetch-Site", "same-site"), 403, "another site"},
		"cross-site by Origin":         {post("Sec-Fetch-Site", "", "Origin", "https://evil.example"), 403, "another site"},
		"origin null":                  {post("Sec-Fetch-Site", "", "Origin", "null"), 403, "another site"},
		"another port":                 {post("Sec-Fetch-Site", "", "Origin", "http://127.0.0.1:1"), 403, "another site"},
		"PUT":                          {func() answer { return b.do(http.MethodPut, "/thing", form("text", "x")) }, 405, "kind of request"},
		"DELETE":                       {func() answer { return b.do(http.MethodDelete, "/thing", form()) }, 405, ""},
		"POST to a page without Save":  {func() answer { return b.post("/", "text", "x") }, 405, ""},
		"POST to a file":               {func() answer { return b.post("/file") }, 405, ""},
		"GET that looks like a form":   {func() answer { return b.get("/thing?text=x&act=save") }, 200, "as it stands"},
		"GET of the language":          {func() answer { return b.get("/language?language=it") }, 405, ""},
		"GET of the account's act":     {func() answer { return b.get("/account?act=invite&password-for-invite=" + "x") }, 200, ""},
		"no session":                   {func() answer { return rg.browser().post("/thing", "text", "x") }, 403, "Nothing was saved"},
		"JSON":                         {post("Content-Type", "application/json"), 415, "no form"},
		"no kind":                      {post("Content-Type", ""), 415, ""},
		"multipart":                    {post("Content-Type", "multipart/form-data; boundary=x"), 415, ""},
		"too large":                    {func() answer { return b.post("/thing", "text", strings.Repeat("x", formLimit)) }, 413, "too large"},
		"unreadable":                   {func() answer { return b.post("/account", "act", "what?") }, 422, "cannot be read"},
		"nowhere":                      {func() answer { return b.get("/nowhere") }, 404, "leads nowhere"},
		"path with dots":               {func() answer { return b.get("/../etc/passwd") }, 404, ""},
		"another name (rebinding)":     {func() answer { return b.get("/", "Host", "evil.example:80") }, 421, "own name"},
		"another name, post":           {post("Host", "evil.example"), 421, ""},
		"a page that fails":            {func() answer { return b.get("/thing?fail") }, 500, "could not be made"},
		"a page that panics":           {func() answer { return b.get("/thing?panic") }, 500, "could not be made"},
		"localhost":                    {func() answer { return b.get("/login", "Host", "LOCALHOST:8470") }, 200, ""},
		"IPv6 loopback":                {func() answer { return b.get("/login", "Host", "[::1]:8470") }, 200, ""},
		"a page's own refusal":         {func() answer { return b.post("/thing", "text", "refuse me") }, 409, `role="alert"`},
		"unknown asset":                {func() answer { return b.get("/style-000000000000.css") }, 404, ""},
		"POST to an asset":             {func() answer { return b.post(rg.site.assets.style.path) }, 405, ""},
	} {
		rg.want(name, c.do(), c.status, c.says)
	}
	if n := rg.timesSaved(); n != 0 {
		t.Errorf("%d of them saved", n)
	}
	if len(rg.notes) != 1 || len(rg.site.codes.live) != 0 {
		t.Errorf("something happened: %q", rg.notes)
	}
	// The same requests from our own page, and by a program without a browser's headers.
	for _, header := range [][]string{{}, {"Sec-Fetch-Site", "same-origin", "Origin", "https://evil.example"}, {"Sec-Fetch-Site", "", "Origin", ""}} {
		if got := post(header...)(); got.status != http.StatusSeeOther || got.to() != "/thing" {
			t.Errorf("%q: %d %q", header, got.status, got.to())
		}
	}
	if n := rg.timesSaved(); n != 3 {
		t.Errorf("%d saved, want 3", n)
	}
	rg.want("notice", b.get("/thing"), http.StatusOK, "April", `role="status"`)
	if got := b.get("/thing"); strings.Contains(got.body, "April") {
		t.Error("the notice is shown twice")
	}
}

func TestRefusedInItalian(t *testing.T) {
	rg := newRig(t, nil)
	b := rg.admin()
	b.header.Set("Accept-Language", "it-CH,it;q=0.9,en;q=0.1")
	rg.want("404", b.get("/nowhere"), http.StatusNotFound, "non porta da nessuna parte", `lang="it"`)
	if got := b.post("/language", "language", "en", "next", "/thing"); got.to() != "/thing" {
		t.Errorf("language: %d %q", got.status, got.to())
	}
	rg.want("cookie before browser", b.get("/nowhere"), http.StatusNotFound, "leads nowhere")
	b.post("/language", "language", "xx")
	rg.want("unknown language", b.get("/nowhere"), http.StatusNotFound, "leads nowhere")
}

// TestHosts: a plain site answers to loopback's names only, so that another
// site's name that was made to lead here opens nothing.
func TestHosts(t *testing.T) {
	rg := newRig(t, nil)
	for host, want := range map[string]int{
		"localhost:8470": http.StatusSeeOther, "LocalHost": http.StatusSeeOther, "127.0.0.1:1": http.StatusSeeOther, "[::1]:8470": http.StatusSeeOther,
		"evil.example": http.StatusMisdirectedRequest, "localhost.evil.example:8470": http.StatusMisdirectedRequest, "127.0.0.1.evil.example": http.StatusMisdirectedRequest,
	} {
		if got := rg.browser().get("/", "Host", host); got.status != want {
			t.Errorf("%s: %d, want %d", host, got.status, want)
		}
	}
}

// TestRestored: a form that is posted after the session ended comes back.
func TestRestored(t *testing.T) {
	rg := newRig(t, nil)
	b := rg.admin()
	rg.clock.add(idleLife)
	typed := `5 > 4 & "è" — ` + strings.Repeat("long ", 2000)
	got := b.post("/thing", "text", typed, "more", "1", "more", "2", "password-x", "secret of the user")
	rg.want("expired", got, http.StatusForbidden, "Nothing was saved")
	if strings.Contains(got.body, "secret of the user") {
		t.Error("a password is carried")
	}
	fields := hidden(got)
	rg.want("wrong password in between", b.post("/login", append(fields, "name", "admin", "password", "x")...), http.StatusForbidden)
	got = b.post("/login", append(fields, "name", "admin", "password", goodPassword)...)
	if got.status != http.StatusSeeOther || got.to() != "/thing" {
		t.Fatalf("log in: %d %q: %s", got.status, got.to(), got.body)
	}
	if rg.timesSaved() != 0 {
		t.Error("it was saved without being asked")
	}
	rg.want("another page in between", b.get("/"), http.StatusOK)
	rg.want("the form", b.get("/thing"), http.StatusOK, "Not saved yet", `5 > 4 & "è" —`, "long long")
	if got := b.get("/thing"); strings.Contains(got.body, "Not saved yet") || !strings.Contains(got.body, "as it stands") {
		t.Errorf("shown twice: %s", got.body)
	}
	rg.want("too much to carry", b.post("/login", "name", "admin", "password", goodPassword, "restore", strings.Repeat("x", loginLimit)), http.StatusRequestEntityTooLarge)
	b.post("/logout")
	got = b.post("/login", "name", "admin", "password", goodPassword, "next", "/login", "restore", "text=x")
	if got.to() != "/login" || rg.site.sessions.brought(anySession(rg), "/thing") != nil {
		t.Errorf("restored for a page that is none: %q", got.to())
	}
}

// anySession returns any live session.
func anySession(rg *rig) *session {
	for _, x := range rg.site.sessions.all {
		return x
	}
	return &session{}
}
