package browser

import (
	"fmt"
	"html"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// offForm is the form of Cloud services with every box unticked, over the revision
// that is shown now: what a forger would send who knows all of it.
func offForm(t *testing.T, a *rig.Admin) url.Values {
	t.Helper()
	body := a.Get(t, rig.CloudServices).Body
	fields := url.Values{"level": {"standard"}}
	for _, name := range []string{"revision", "release"} {
		_, after, _ := strings.Cut(body, `name="`+name+`" value="`)
		value, _, found := strings.Cut(after, `"`)
		if !found {
			t.Fatalf("the form has no %s:\n%s", name, body)
		}
		fields.Set(name, html.UnescapeString(value))
	}
	return fields
}

// stillOn fails the test when a refused request changed anything.
func stillOn(t *testing.T, a *rig.Admin, after string) {
	t.Helper()
	p := a.Get(t, rig.CloudServices)
	if p.URL.Path != rig.CloudServices || p.Shown(t, rig.SaveButton, rig.CEIPBox) != "on" {
		t.Errorf("after %s: %s (%d): %s", after, p.URL.Path, p.Status, p.Text())
	}
}

// TestRefused has people try, in a browser and without, what is not allowed.
func TestRefused(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	b := Start(t)
	tab, stranger, code := b.Visitor(t), b.Visitor(t), h.code(t)
	stranger.Open(h.console + "/")
	stranger.makeAccount("AAAA-AAAA-AAAA-AAAA-AAAA-AAAA-AAAA", "Eve", "the first visitor is nobody")
	stranger.Expect(http.StatusForbidden)
	stranger.Says("This is not a valid code.")
	tab.setUp(h.console, code)

	admin := rig.NewAdmin(t, h.console)
	if p := admin.LogIn(t, ada, adasWord); p.URL.Path != "/" {
		t.Fatalf("log in without a browser: %d: %s", p.Status, p.Text())
	}
	wrongPassword(t, h, stranger)
	secondUse(t, h, stranger, code)
	anotherSite(t, h, tab, admin)
	crossSite(t, admin)
	stateByGet(t, h, tab, admin)
	afterLogout(t, h, tab)
	if p := admin.Get(t, rig.CloudServices); strings.Contains(p.Text(), "Settings saved") {
		t.Errorf("something was saved: %s", p.Text())
	}
}

// wrongPassword has somebody guess, also for a name that is nobody's: the answer
// is the same.
func wrongPassword(t *testing.T, h *house, stranger *Tab) {
	var told []string
	for _, name := range []string{ada, "Bo"} {
		stranger.Open(h.console + "/login")
		stranger.logIn(name, "a short walk by the sea")
		stranger.Expect(http.StatusForbidden)
		stranger.Says("Account name or password is wrong.")
		if got := stranger.Value(rig.AccountField); got != name {
			t.Errorf("the name that was typed is gone: %q", got)
		}
		told = append(told, stranger.Text())
	}
	if told[0] != told[1] {
		t.Errorf("it tells which names there are: %q", told)
	}
}

func secondUse(t *testing.T, h *house, stranger *Tab, code string) {
	stranger.Open(h.console + "/setup")
	status := stranger.makeAccount(code, "Eve", "the second is not first")
	if status < 400 {
		t.Errorf("answered with %d", status)
	}
	stranger.Expect(status)
	stranger.Says("This code has been used already.")
	stranger.Open(h.console + "/")
	stranger.leadsToLogin()
}

// anotherSite has the administrator's own browser, which is logged in, post the
// form from pages of others: on another host, and on this host at another port,
// to which his cookies go.
func anotherSite(t *testing.T, h *house, tab *Tab, admin *rig.Admin) {
	fields := offForm(t, admin)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `<!doctype html><title>Prizes</title><form method="post" action="%s%s">`, h.console, rig.CloudServices)
		for name := range fields {
			fmt.Fprintf(w, `<input type="hidden" name="%s" value="%s">`, name, html.EscapeString(fields.Get(name)))
		}
		fmt.Fprint(w, `<button>Win</button></form>`)
	}))
	t.Cleanup(evil.Close)
	for _, from := range []string{strings.Replace(evil.URL, "127.0.0.1", "localhost", 1), evil.URL} {
		tab.Open(from)
		tab.Problems() // a favicon of theirs is none of ours
		tab.Follow(Button, "Win")
		tab.Expect(http.StatusForbidden)
		tab.Says("The request came from another site, so nothing was done.")
		stillOn(t, admin, "a form from "+from)
	}
	tab.Inspect("refused", heaviest)
}

// crossSite sends what a browser would that says where a request comes from, or
// an old one that says only the origin.
func crossSite(t *testing.T, admin *rig.Admin) {
	fields := offForm(t, admin)
	for _, c := range []struct{ header, value string }{
		{"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}, {"Origin", "http://localhost:1"}, {"Origin", "null"},
	} {
		for path, form := range map[string]url.Values{rig.CloudServices: fields, "/logout": nil, "/language": {"language": {"it"}}} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, admin.Console+path, strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(c.header, c.value)
			answer, err := admin.Client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			_ = answer.Body.Close()
			if answer.StatusCode != http.StatusForbidden {
				t.Errorf("POST %s with %s: %s was answered with %d", path, c.header, c.value, answer.StatusCode)
			}
		}
		stillOn(t, admin, c.header+": "+c.value)
	}
}

// stateByGet types what a form would send into the address bar.
func stateByGet(t *testing.T, h *house, tab *Tab, admin *rig.Admin) {
	tab.Open(h.console + rig.CloudServices + "?" + offForm(t, admin).Encode())
	tab.Expect(http.StatusOK)
	tab.Open(h.console + "/account?act=end-others")
	tab.Expect(http.StatusOK)
	for _, path := range []string{"/logout", "/language?language=it"} {
		tab.Open(h.console + path)
		tab.Expect(http.StatusMethodNotAllowed)
	}
	stillOn(t, admin, "a GET")
	tab.Open(h.console + "/")
	if tab.Has(Heading, "Overview") != 1 {
		t.Errorf("a GET ended the session or changed the language: %s", tab.Text())
	}
}

// afterLogout keeps the cookie of a session and uses it when its owner has
// logged out. The browser that did so is led to the login.
func afterLogout(t *testing.T, h *house, tab *Tab) {
	thief := rig.NewAdmin(t, h.console)
	thief.LogIn(t, ada, adasWord)
	site, err := url.Parse(h.console)
	if err != nil {
		t.Fatal(err)
	}
	stolen := thief.Client.Jar.Cookies(site)
	fields := offForm(t, thief)
	thief.LogOut(t)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	jar.SetCookies(site, stolen)
	thief.Client.Jar = jar
	if p := thief.Get(t, rig.CloudServices); p.URL.Path != "/login" {
		t.Errorf("with the session of before, %s says %s", p.URL.Path, p.Text())
	}
	if p := thief.Post(t, rig.CloudServices, fields); p.Status != http.StatusForbidden {
		t.Errorf("with the session of before, a form was answered with %d: %s", p.Status, p.Text())
	}
	tab.Open(h.console + "/")
	tab.logOut()
	tab.Says("You are logged out.")
	tab.Open(h.console + rig.CloudServices)
	tab.leadsToLogin()
}
