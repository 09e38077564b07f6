package web

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	shownCode    = regexp.MustCompile(`<p class="code big">([0-9A-Z-]+)</p>`)
	shownSession = regexp.MustCompile(`name="session" value="([0-9a-f]+)"`)
)

// invite returns a code that the browser's account made.
func (b *browser) invite() string {
	b.t.Helper()
	got := b.post("/account", "act", "invite", "password-for-invite", goodPassword)
	b.rg.want("invite", got, http.StatusOK, "shown only now")
	m := shownCode.FindStringSubmatch(got.body)
	if m == nil {
		b.t.Fatalf("no code on the page: %s", inside(got))
	}
	return m[1]
}

func TestInvite(t *testing.T) {
	rg := newRig(t, nil)
	admin := rg.admin()
	rg.want("without the password", admin.post("/account", "act", "invite"), http.StatusUnprocessableEntity, "not your password")
	code := admin.invite()
	b := rg.browser()
	rg.want("the page", b.get("/setup"), http.StatusOK, "Create your account")
	rg.want("taken", b.setUp(code, "ADMIN"), http.StatusConflict, "account of that name")
	if got := b.setUp(code, "ada"); got.status != http.StatusSeeOther || !b.in() {
		t.Fatalf("invited: %d: %s", got.status, got.body)
	}
	rg.want("second use", rg.browser().setUp(code, "eve"), http.StatusForbidden, "used already")
	if want := []string{ActSetUp + ": admin", ActInvited + ": ada"}; !slices.Equal(rg.notes, want) {
		t.Errorf("history %q, want %q", rg.notes, want)
	}
	rg.shut()
	rg.start()
	if got := rg.browser().logIn("ada", goodPassword); got.status != http.StatusSeeOther {
		t.Errorf("log in after a restart: %d", got.status)
	}
}

func TestManyInvites(t *testing.T) {
	rg := newRig(t, nil)
	admin := rg.admin()
	for range mostInvites {
		if _, ok := rg.site.codes.invite(rg.clock.now(), nil); !ok {
			t.Fatal("refused too early")
		}
	}
	rg.want("one more", admin.post("/account", "act", "invite", "password-for-invite", goodPassword), http.StatusConflict, "16 unused codes")
	rg.clock.add(codeLife)
	admin.logIn("admin", goodPassword)
	admin.invite()
}

func TestRemoveAccount(t *testing.T) {
	rg := newRig(t, nil)
	admin := rg.admin()
	ada := rg.browser()
	ada.setUp(admin.invite(), "ada")
	kept := ada.invite() // which she could use to come back
	rg.want("himself", admin.post("/account", "act", "remove", "account", "admin", "password-for-remove", goodPassword), http.StatusUnprocessableEntity, "one of the other")
	rg.want("without the password", admin.post("/account", "act", "remove", "account", "ada"), http.StatusUnprocessableEntity)
	if !ada.in() {
		t.Fatal("removed without a password")
	}
	if got := admin.post("/account", "act", "remove", "account", "ada", "password-for-remove", goodPassword); got.to() != "/account" {
		t.Fatalf("remove: %d: %s", got.status, got.body)
	}
	rg.want("notice", admin.get("/account"), http.StatusOK, "ada is removed")
	if ada.in() {
		t.Error("a removed account's session opens the site")
	}
	rg.want("log in", rg.browser().logIn("ada", goodPassword), http.StatusForbidden)
	rg.want("her own invitation", rg.browser().setUp(kept, "ada again"), http.StatusForbidden)
	if !slices.Contains(rg.notes, ActRemoved+": admin") {
		t.Errorf("history %q", rg.notes)
	}
}

func TestChangePassword(t *testing.T) {
	rg := newRig(t, nil)
	b, other := rg.admin(), rg.browser()
	other.logIn("admin", goodPassword)
	kept := other.invite() // by which whoever knew the password could come back
	change := func(old, password, again string) answer {
		return b.post("/account", "act", "password", "password-for-password", old, "password-new", password, "password-new-again", again)
	}
	for name, c := range map[string]struct{ old, password, again, says string }{
		"wrong old one": {otherPassword, otherPassword, otherPassword, "not your password"},
		"short":         {goodPassword, "eleven char", "eleven char", "at least 12"},
		"long":          {goodPassword, strings.Repeat("word ", 26), strings.Repeat("word ", 26), "at most 128"},
		"common":        {goodPassword, "passwordpassword", "passwordpassword", "tries first"},
		"differ":        {goodPassword, otherPassword, otherPassword + "!", "not the same"},
	} {
		got := change(c.old, c.password, c.again)
		rg.want(name, got, http.StatusUnprocessableEntity, c.says, `aria-invalid="true"`, "Nothing was changed")
	}
	if !other.in() {
		t.Fatal("a refused change ended a session")
	}
	if got := change(goodPassword, otherPassword, otherPassword); got.to() != "/account" {
		t.Fatalf("change: %d: %s", got.status, got.body)
	}
	rg.want("notice", b.get("/account"), http.StatusOK, "password is changed")
	if other.in() {
		t.Error("the other session still opens the site")
	}
	rg.want("an invitation from before", rg.browser().setUp(kept, "ada"), http.StatusForbidden)
	rg.want("old password", rg.browser().logIn("admin", goodPassword), http.StatusForbidden)
	if got := rg.browser().logIn("admin", otherPassword); got.status != http.StatusSeeOther {
		t.Errorf("new password: %d", got.status)
	}
	if !slices.Contains(rg.notes, ActPassword+": admin") {
		t.Errorf("history %q", rg.notes)
	}
}

func TestEndSessions(t *testing.T) {
	rg := newRig(t, nil)
	b, second, third := rg.admin(), rg.browser(), rg.browser()
	second.logIn("admin", goodPassword)
	ids := shownSession.FindAllStringSubmatch(b.get("/account").body, -1)
	third.logIn("admin", goodPassword)
	if len(ids) != 1 {
		t.Fatalf("%d other sessions on the page, want 1", len(ids))
	}
	ada := rg.browser()
	ada.setUp(b.invite(), "ada")
	ada.post("/account", "act", "end", "session", ids[0][1])
	if !second.in() {
		t.Error("another account ended a session")
	}
	b.post("/account", "act", "end", "session", ids[0][1])
	if second.in() || !third.in() || !b.in() {
		t.Errorf("after ending the second: second %v, third %v, this %v", second.in(), third.in(), b.in())
	}
	b.post("/account", "act", "end-others")
	if third.in() || !b.in() || !ada.in() {
		t.Errorf("after ending all others: third %v, this %v, another account %v", third.in(), b.in(), ada.in())
	}
}

// TestHostileName: whatever a name holds, it is text.
func TestHostileName(t *testing.T) {
	for name, want := range map[string]bool{
		"ada": true, "Ada Lovelace": true, "ada@example.org": true, "Ἀσπασία": true, "a": true, "7": true, strings.Repeat("é", 64): true,
		"": false, " ": false, "<b>x</b>": false, `a"b`: false, "a\nb": false, "a\u202eb": false, "a\x00b": false, "-a": false, "a.": false,
		strings.Repeat("a", 65): false, "a\u200bb": false, "{{.}}": false,
	} {
		if got := validName(name); got != want {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
	rg := newRig(t, nil)
	got := rg.browser().post("/setup", "code", rg.code(), "name", `"><script>alert(1)</script>`, "password", goodPassword, "password-again", goodPassword)
	rg.want("markup", got, http.StatusUnprocessableEntity, "64 letters")
	if strings.Contains(got.body, "<script") {
		t.Errorf("the name is markup: %s", inside(got))
	}
}

// TestBrowserKeyStays: a browser that was known is known after a restart.
func TestBrowserKeyStays(t *testing.T) {
	dir := t.TempDir()
	first, err := openBrowserKey(dir)
	if err != nil || len(first) != browserKeyLen {
		t.Fatalf("%d bytes, %v", len(first), err)
	}
	if again, err := openBrowserKey(dir); err != nil || !slices.Equal(first, again) {
		t.Errorf("another key after a restart: %v", err)
	}
}
