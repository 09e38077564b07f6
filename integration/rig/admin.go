package rig

import (
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// Admin is an administrator who has a console and no browser: a client with
// cookies that reads forms by their labels and says of itself what a browser
// says.
type Admin struct {
	Console string // URL of the console
	Client  *http.Client
}

// NewAdmin returns somebody whom the console does not know yet.
func NewAdmin(t testing.TB, console string) *Admin {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Admin{Console: strings.TrimSuffix(console, "/"), Client: &http.Client{Jar: jar, Timeout: Patience}}
}

// Get opens a page.
func (a *Admin) Get(t testing.TB, path string) *Page {
	t.Helper()
	return a.do(t, http.MethodGet, a.Console+path, nil)
}

// Post sends fields to a path without looking at a form.
func (a *Admin) Post(t testing.TB, path string, fields url.Values) *Page {
	t.Helper()
	return a.do(t, http.MethodPost, a.Console+path, fields)
}

func (a *Admin) do(t testing.TB, method, address string, fields url.Values) *Page {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if method == http.MethodPost {
		r.Header.Set("Origin", a.Console)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := a.Client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, r.URL.Path, err)
	}
	p, err := readPage(resp)
	if err != nil {
		t.Fatalf("%s %s: %v", method, r.URL.Path, err)
	}
	return p
}

// Submit presses a button of a page. Its form is sent as it is, but for the
// fields that are filled, by their labels. A box is "on" or "off".
func (a *Admin) Submit(t testing.TB, p *Page, button string, fill map[string]string) *Page {
	t.Helper()
	f, ok := p.formWith(button)
	if !ok {
		t.Fatalf("%s (%d) has no button %q: %s", p.URL.Path, p.Status, button, p.Text())
	}
	for label, value := range fill {
		if !f.fill(label, value) {
			t.Fatalf("%s has no field %q; there are %q", p.URL.Path, label, slices.Sorted(maps.Keys(f.fields)))
		}
	}
	to, err := p.URL.Parse(f.action)
	if err != nil {
		t.Fatalf("%s: where its form goes: %v", p.URL.Path, err)
	}
	return a.do(t, http.MethodPost, to.String(), f.values)
}
