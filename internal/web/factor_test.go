package web

import (
	"html"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func factorRig(t *testing.T, f Factor) *rig {
	return newRig(t, func(c *Config) {
		c.Factor, c.Cookies = f, "desk-"
		c.Roles, c.First = allRoles, []Role{Administrator, Support}
	})
}

var shownSecret = regexp.MustCompile(`<p class="code big" aria-labelledby="secret-label">([A-Z2-7 ]+)</p>`)

// app is an authenticator app.
type app struct {
	t      *testing.T
	clock  *clock
	secret []byte
}

func (a *app) code() string { return totpCode(a.secret, a.clock.now().Unix()/totpPeriod) }

// next waits for the next code: each is good once.
func (a *app) next() string {
	a.clock.add(totpPeriod * time.Second)
	return a.code()
}

// enrol sets a second factor by what the page shows.
func (b *browser) enrol() *app {
	b.t.Helper()
	page := b.get("/second-factor")
	b.rg.want("page", page, http.StatusOK, "otpauth://totp/", "<svg")
	m := shownSecret.FindStringSubmatch(page.body)
	if m == nil {
		b.t.Fatalf("no secret on the page: %s", inside(page))
	}
	secret, err := parseSecret(strings.ReplaceAll(m[1], " ", ""))
	if err != nil {
		b.t.Fatal(err)
	}
	a := &app{b.t, b.rg.clock, secret}
	got := b.post("/second-factor", "act", "set", "code", a.next())
	if got.status != http.StatusSeeOther || got.to() != "/" {
		b.t.Fatalf("set: %d %s", got.status, inside(got))
	}
	return a
}

func (b *browser) logInWith(name, code string) answer {
	b.t.Helper()
	return b.post("/login", "name", name, "password", goodPassword, "code", code)
}

func TestFactorRequired(t *testing.T) {
	rg := factorRig(t, FactorRequired)
	b := rg.admin()
	for _, path := range []string{"/", "/thing", "/account", "/accounts", "/file"} {
		if got := b.get(path); got.status != http.StatusSeeOther || got.to() != "/second-factor" {
			t.Errorf("%s before a second factor: %d %q", path, got.status, got.to())
		}
	}
	if b.post("/thing", "text", "x"); rg.timesSaved() != 0 {
		t.Error("it saved before a second factor")
	}
	rg.want("wrong", b.post("/second-factor", "act", "set", "code", "000000"), http.StatusUnprocessableEntity, "does not fit")
	old := rg.browser()
	old.logIn("admin", goodPassword)
	a := b.enrol()
	if !b.in() {
		t.Fatal("nothing opens after it")
	}
	if got := old.get("/"); got.to() == "/second-factor" {
		t.Error("the other session goes on")
	}
	c := rg.browser()
	rg.want("no code", c.logInWith("admin", ""), http.StatusForbidden, "password or code is wrong")
	rg.want("the code that set it", c.logInWith("admin", a.code()), http.StatusForbidden)
	rg.want("of another secret", c.logInWith("admin", "123456"), http.StatusForbidden)
	rg.clock.add(time.Minute)
	if got := c.logInWith("admin", a.code()); got.status != http.StatusSeeOther || !c.in() {
		t.Fatalf("right: %d %s", got.status, inside(got))
	}
	if wrong, right := rg.browser().post("/login", "name", "admin", "password", otherPassword, "code", a.next()), rg.browser().logInWith("admin", "000000"); inside(wrong) != inside(right) {
		t.Error("the answer tells a wrong password from a wrong code")
	}
	if !slices.Contains(rg.notes, ActFactor+": admin") {
		t.Errorf("history %q", rg.notes)
	}
}

// TestCodeOnce: a code is good once, also in another process.
func TestCodeOnce(t *testing.T) {
	rg := factorRig(t, FactorRequired)
	a := rg.admin().enrol()
	code := a.next()
	if got := rg.browser().logInWith("admin", code); got.status != http.StatusSeeOther {
		t.Fatalf("log in: %d", got.status)
	}
	rg.want("again", rg.browser().logInWith("admin", code), http.StatusForbidden)
	rg.shut()
	rg.start()
	rg.want("after a restart", rg.browser().logInWith("admin", code), http.StatusForbidden)
}

// TestCodeUnwritten: a code whose use cannot be noted opens nothing.
func TestCodeUnwritten(t *testing.T) {
	rg := factorRig(t, FactorRequired)
	a := rg.admin().enrol()
	path := filepath.Join(rg.cfg.Dir, accountsFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(path, "in the way"), 0o700); err != nil {
		t.Fatal(err)
	}
	b := rg.browser()
	rg.want("no disk", b.logInWith("admin", a.next()), http.StatusInternalServerError, "could not be written")
	if b.in() {
		t.Error("it is open")
	}
}

// TestGuessedCodes: codes cannot be tried one after the other.
func TestGuessedCodes(t *testing.T) {
	rg := factorRig(t, FactorRequired)
	a := rg.admin().enrol()
	rg.clock.add(time.Hour)
	thief, tried := rg.browser(), 0
	for range 60 { // a second each
		if thief.logInWith("admin", "000000").status == http.StatusForbidden {
			tried++
		}
		rg.clock.add(time.Second)
	}
	if tried > 12 {
		t.Errorf("%d codes were tried in a minute", tried)
	}
	rg.clock.add(longestWait)
	if got := rg.browser().logInWith("admin", a.code()); got.status != http.StatusSeeOther {
		t.Errorf("the right one afterwards: %d", got.status)
	}
}

func TestFactorReplaced(t *testing.T) {
	rg := factorRig(t, FactorOffered)
	b := rg.admin()
	if !b.in() {
		t.Fatal("an offered factor is demanded")
	}
	a := b.enrol()
	rg.want("no password", b.post("/second-factor", "act", "replace", "code", a.next()), http.StatusUnprocessableEntity, "not your password")
	rg.want("no code", b.post("/second-factor", "act", "replace", "password-for-replace", goodPassword), http.StatusUnprocessableEntity, "does not fit")
	if got := b.post("/second-factor", "act", "set", "code", a.next()); got.status != http.StatusUnprocessableEntity {
		t.Errorf("set over one that is there: %d", got.status)
	}
	if got := b.post("/second-factor", "act", "replace", "password-for-replace", goodPassword, "code", a.next()); got.to() != "/second-factor" {
		t.Fatalf("replace: %d %s", got.status, inside(got))
	}
	if got := rg.browser().logIn("admin", goodPassword); got.status != http.StatusSeeOther {
		t.Errorf("log in without one: %d", got.status)
	}
	if next := b.enrol(); string(next.secret) == string(a.secret) {
		t.Error("the secret is the old one")
	}
	rg.want("the old app", rg.browser().logInWith("admin", a.next()), http.StatusForbidden)
}

// TestFactorLost: another administrator, or the machine's own, helps.
func TestFactorLost(t *testing.T) {
	rg := factorRig(t, FactorRequired)
	admin := rg.admin()
	admin.enrol()
	ada := rg.browser()
	ada.setUp(admin.inviteTo("support"), "ada")
	ada.enrol()
	rg.want("nobody", admin.post("/accounts", "act", "factor", "account-factor", "eve", "password-for-factor", goodPassword), http.StatusUnprocessableEntity, "Choose another account")
	rg.want("himself", admin.post("/accounts", "act", "factor", "account-factor", "admin", "password-for-factor", goodPassword), http.StatusUnprocessableEntity)
	if got := admin.post("/accounts", "act", "factor", "account-factor", "ada", "password-for-factor", goodPassword); got.to() != "/accounts" {
		t.Fatalf("reset: %d %s", got.status, inside(got))
	}
	if ada.in() {
		t.Error("her session goes on")
	}
	if got := ada.logIn("ada", goodPassword); got.to() != "/" || ada.get("/").to() != "/second-factor" {
		t.Errorf("her next login: %d %q", got.status, got.to())
	}
	code, err := Recover(t.Context(), rg.cfg.Dir, "", rg.clock.now())
	if err != nil {
		t.Fatal(err)
	}
	b := rg.browser()
	got := b.post("/recover", "code", code, "name", "admin", "password", otherPassword, "password-again", otherPassword)
	if got.status != http.StatusSeeOther || b.get("/").to() != "/second-factor" {
		t.Errorf("recovered: %d %s", got.status, inside(got))
	}
	if who, _ := rg.site.accounts.find("admin"); !slices.Equal(who.Roles, []Role{Administrator, Support}) {
		t.Errorf("his roles are %v", who.Roles)
	}
}

// inviteTo returns a code for an account of these roles.
func (b *browser) inviteTo(roles ...string) string {
	b.t.Helper()
	fields := []string{"act", "invite", "password-for-invite", goodPassword}
	for _, role := range roles {
		fields = append(fields, "role", role)
	}
	got := b.post("/accounts", fields...)
	b.rg.want("invite", got, http.StatusOK, "shown only now")
	m := shownCode.FindStringSubmatch(got.body)
	if m == nil {
		b.t.Fatalf("no code on the page: %s", html.UnescapeString(inside(got)))
	}
	return m[1]
}
