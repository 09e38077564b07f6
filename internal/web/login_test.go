package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLogIn(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	b := rg.browser()
	if got := b.get("/thing?a=b"); got.status != http.StatusSeeOther || got.to() != "/login?next="+url.QueryEscape("/thing?a=b") {
		t.Errorf("without a session: %d %q", got.status, got.to())
	}
	wrong := b.logIn("admin", otherPassword)
	rg.want("wrong password", wrong, http.StatusForbidden, "Account name or password is wrong")
	unknown := b.logIn("nobody", otherPassword)
	if strings.ReplaceAll(unknown.body, "nobody", "admin") != wrong.body || unknown.status != wrong.status {
		t.Errorf("an unknown name is answered differently: %s", unknown.body)
	}
	rg.want("password of a hair's breadth", b.logIn("admin", goodPassword+" "), http.StatusForbidden)
	if b.in() {
		t.Error("a wrong password opens the site")
	}
	got := b.post("/login", "name", "ADMIN", "password", goodPassword, "next", "/thing?a=b")
	if got.status != http.StatusSeeOther || got.to() != "/thing?a=b" || !b.in() {
		t.Errorf("log in: %d %q", got.status, got.to())
	}
	if got := b.get("/login?next=/thing"); got.to() != "/thing" {
		t.Errorf("login page when logged in: %d %q", got.status, got.to())
	}
}

// TestNext: a link to the login never leads to another site.
func TestNext(t *testing.T) {
	rg := newRig(t, nil)
	for to, want := range map[string]string{
		"": "/", "/thing": "/thing", "/thing?x=1": "/thing?x=1", "/account": "/account", "https://evil.example/": "/", "//evil.example/thing": "/",
		`/\evil.example`: "/", "thing": "/", "javascript:alert(1)": "/", "/logout": "/", "/nowhere": "/", "/thing#x": "/thing", "http:/thing": "/", "%": "/",
	} {
		if got := rg.site.local(to); got != want {
			t.Errorf("%q leads to %q, want %q", to, got, want)
		}
	}
}

func TestLogOut(t *testing.T) {
	rg := newRig(t, nil)
	b := rg.admin()
	u, _ := url.Parse(rg.url)
	old := b.client.Jar.Cookies(u)
	rg.want("GET", b.get("/logout"), http.StatusMethodNotAllowed)
	if !b.in() {
		t.Error("a GET logged out")
	}
	if got := b.post("/logout"); got.to() != "/login?bye" {
		t.Errorf("log out: %d %q", got.status, got.to())
	}
	rg.want("goodbye", b.get("/login?bye"), http.StatusOK, "You are logged out")
	thief := rg.browser()
	thief.client.Jar.SetCookies(u, old)
	if thief.in() {
		t.Error("the session still opens the site after the logout")
	}
	rg.want("post with it", thief.post("/thing", "text", "x"), http.StatusForbidden, "Nothing was saved")
	if rg.timesSaved() != 0 {
		t.Error("it saved")
	}
}

func TestSessionLives(t *testing.T) {
	rg := newRig(t, nil)
	b := rg.admin()
	rg.clock.add(idleLife - time.Second)
	if !b.in() {
		t.Error("ended before 15 minutes without use")
	}
	rg.clock.add(idleLife)
	if b.in() {
		t.Error("lives after 15 minutes without use")
	}
	b.logIn("admin", goodPassword)
	for range int(wholeLife/(10*time.Minute)) - 1 {
		rg.clock.add(10 * time.Minute)
		if !b.in() {
			t.Fatal("ended although it was used")
		}
	}
	rg.clock.add(10 * time.Minute)
	if b.in() {
		t.Error("lives after 8 hours")
	}
}

// TestNewToken: a token that was there before a login means nothing after it.
func TestNewToken(t *testing.T) {
	rg := newRig(t, nil)
	b := rg.admin()
	u, _ := url.Parse(rg.url)
	before := b.client.Jar.Cookies(u)
	b.logIn("admin", goodPassword)
	if after := b.client.Jar.Cookies(u); before[0].Value == after[0].Value {
		t.Error("the login kept the token")
	}
	thief := rg.browser()
	thief.client.Jar.SetCookies(u, before)
	if thief.in() {
		t.Error("the token of before the login is still good")
	}
}

func TestManySessions(t *testing.T) {
	now := time.Now()
	s := newSessions(func() time.Time { return now })
	first, _ := s.start("one")
	for range mostOfOne {
		now = now.Add(time.Second)
		s.start("one")
	}
	if s.find(first) != nil || len(s.all) != mostOfOne {
		t.Errorf("%d sessions of one account, the first included", len(s.all))
	}
	for i := range 2 * mostSessions {
		s.start("many" + strings.Repeat("x", i%100))
	}
	if len(s.all) > mostSessions {
		t.Errorf("%d sessions, want at most %d", len(s.all), mostSessions)
	}
}

// TestSameTime: an unknown name takes as long as a wrong password, loosely.
func TestSameTime(t *testing.T) {
	h := newHasher(cost{memory: 8 << 10, passes: 1, threads: 1})
	hash, err := h.hash(t.Context(), goodPassword)
	if err != nil {
		t.Fatal(err)
	}
	took := func(hash string) time.Duration {
		var all []time.Duration
		for range 9 {
			begin := time.Now()
			if right, _, err := h.verify(t.Context(), hash, otherPassword); right || err != nil {
				t.Fatal("a wrong password is right", err)
			}
			all = append(all, time.Since(begin))
		}
		return slices.Min(all)
	}
	if known, unknown := took(hash), took(""); unknown < known/3 || known < unknown/3 {
		t.Errorf("a known name takes %v, an unknown one %v", known, unknown)
	}
}

// TestRehash: an old hash is replaced at the next login.
func TestRehash(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	rg.site.hasher = newHasher(cost{memory: 128, passes: 2, threads: 1})
	if got := rg.browser().logIn("admin", goodPassword); got.status != http.StatusSeeOther {
		t.Fatalf("log in: %d", got.status)
	}
	if who, _ := rg.site.accounts.find("admin"); !strings.Contains(who.Hash, "m=128,t=2") {
		t.Errorf("the hash is still %q", who.Hash)
	}
	if got := rg.browser().logIn("admin", goodPassword); got.status != http.StatusSeeOther {
		t.Errorf("log in with the new hash: %d", got.status)
	}
}

func TestBusy(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	for range cap(rg.site.hasher.inside) {
		rg.site.hasher.inside <- struct{}{}
	}
	got := rg.browser().logIn("admin", goodPassword)
	rg.want("all busy", got, http.StatusServiceUnavailable, "Many passwords")
	if got.header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

func TestLimits(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	b := rg.browser()
	for range freeTries {
		rg.want("free try", b.logIn("admin", otherPassword), http.StatusForbidden)
	}
	// The pause grows; the right password waits too.
	got := b.logIn("admin", goodPassword)
	rg.want("too soon", got, http.StatusTooManyRequests, "Too many attempts", "nobody is locked out")
	if got.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After %q, want 1", got.header.Get("Retry-After"))
	}
	rg.clock.add(time.Second)
	rg.want("after 1 s", b.logIn("admin", otherPassword), http.StatusForbidden)
	rg.clock.add(time.Second)
	rg.want("after 1 s more", b.logIn("admin", otherPassword), http.StatusTooManyRequests)
	for range 40 { // however long it goes on, 30 s are enough
		rg.clock.add(longestWait)
		rg.want("after 30 s", b.logIn("admin", otherPassword), http.StatusForbidden)
	}
	rg.clock.add(longestWait)
	if got := b.logIn("admin", goodPassword); got.status != http.StatusSeeOther {
		t.Errorf("the right password after %v: %d", longestWait, got.status)
	}
	rg.want("all anew", b.logIn("admin", otherPassword), http.StatusForbidden)
}

// TestKnownBrowser: strangers who keep an account's pause going keep nobody out
// who has used it before.
func TestKnownBrowser(t *testing.T) {
	rg := newRig(t, nil)
	rg.admin()
	b, stranger := rg.browser(), rg.browser()
	b.logIn("admin", goodPassword)
	b.post("/logout")
	u, _ := url.Parse(rg.url)
	for range 2 * allBurst {
		stranger.logIn("admin", otherPassword)
	}
	rg.want("a stranger", stranger.logIn("admin", goodPassword), http.StatusTooManyRequests)
	if got := b.logIn("admin", goodPassword); got.status != http.StatusSeeOther {
		t.Fatalf("a known browser: %d", got.status)
	}
	rg.want("its password once more", b.post("/account", "act", "invite", "password-for-invite", goodPassword), http.StatusOK)
	// It is slowed by its own attempts, and for other accounts it is a stranger.
	b.post("/logout")
	for range freeTries {
		rg.want("its own wrong one", b.logIn("admin", otherPassword), http.StatusForbidden)
	}
	rg.want("its own pause", b.logIn("admin", goodPassword), http.StatusTooManyRequests)
	for _, c := range b.client.Jar.Cookies(u) {
		if c.Name == "session" && c.Value != "" || strings.Contains(c.Value, "admin") {
			t.Errorf("cookie %q after the logout", c)
		}
		r := &http.Request{Header: http.Header{"Cookie": {c.Name + "=" + c.Value + "A"}}}
		if _, apart := rg.site.countedAs(r, "admin"); apart {
			t.Error("a changed mark is taken")
		}
		r.Header.Set("Cookie", c.Name+"="+c.Value)
		if _, apart := rg.site.countedAs(r, "ada"); apart {
			t.Error("the mark is taken for another account")
		}
	}
}

// TestLimitsUnknown: what is counted does not tell names that exist.
func TestLimitsUnknown(t *testing.T) {
	l := newLimits()
	now := time.Now()
	for i := range 40 {
		a, b := l.try("admin", false, now), l.try("nobody", false, now)
		if a != b {
			t.Fatalf("try %d: wait %v for one name, %v for another", i, a, b)
		}
		now = now.Add(500 * time.Millisecond)
	}
	for range 2 * allBurst {
		l.try(newCode(), false, now)
	}
	if l.try(newCode(), false, now) == 0 {
		t.Error("no limit altogether")
	}
	if wait := l.try("admin", false, now.Add(-time.Hour)); wait > longestWait {
		t.Errorf("a clock that was set back makes the pause %v", wait)
	}
}
