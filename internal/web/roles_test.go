package web

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func rolesRig(t *testing.T) *rig {
	rg := newRig(t, func(c *Config) { c.Roles = allRoles })
	rg.site.Add(Page{
		Path: "/support", Title: "time.month.5", Template: "templates/first.html", Roles: []Role{Support, PrivacyOfficer},
		Show: func(r *Request) (any, error) {
			if text, ok := r.Carried.(string); ok {
				return text, nil
			}
			return r.Session(), nil
		},
	})
	rg.site.Add(Page{Path: "/support/file", Roles: []Role{Support}, Download: func(*Request) (string, string, []byte, error) {
		return "a", "text/plain", []byte("for support"), nil
	}})
	rg.site.Add(Page{Path: "/support/open", Home: "/support", Roles: []Role{Support}, Save: func(r *Request) (*Answer, error) {
		if r.Form.Get("private-text") == "" {
			return nil, io.ErrUnexpectedEOF
		}
		return &Answer{To: "/support?x=1", Carry: "carried " + r.Form.Get("private-text"), Notice: "time.month.6", Status: http.StatusConflict}, nil
	}})
	return rg
}

func (rg *rig) with(admin *browser, name string, roles ...string) *browser {
	rg.t.Helper()
	b := rg.browser()
	if got := b.setUp(admin.inviteTo(roles...), name); got.status != http.StatusSeeOther {
		rg.t.Fatalf("%s: %d %s", name, got.status, inside(got))
	}
	return b
}

func TestRoles(t *testing.T) {
	rg := rolesRig(t)
	admin := rg.admin()
	support, analyst := rg.with(admin, "ada", "support"), rg.with(admin, "bob", "analyst", "privacy_officer")
	for _, c := range []struct {
		who          string
		b            *browser
		method, path string
		want         int
	}{
		{"support", support, "GET", "/support", 200}, {"support", support, "GET", "/support/file", 200}, {"support", support, "POST", "/support/open", 303},
		{"support", support, "GET", "/accounts", 403}, {"support", support, "POST", "/accounts", 403}, {"support", support, "GET", "/account", 200},
		{"privacy officer", analyst, "GET", "/support", 200}, {"privacy officer", analyst, "GET", "/support/file", 403}, {"privacy officer", analyst, "POST", "/support/open", 403},
		{"administrator", admin, "GET", "/support", 403}, {"administrator", admin, "GET", "/accounts", 200}, {"administrator", admin, "GET", "/support/open", 405},
	} {
		got := c.b.get(c.path)
		if c.method == http.MethodPost {
			got = c.b.post(c.path, "private-text", "x", "act", "roles")
		}
		if got.status != c.want {
			t.Errorf("%s: %s %s: %d, want %d", c.who, c.method, c.path, got.status, c.want)
		}
	}
	rg.want("nav", support.get("/"), http.StatusOK, `href="/support"`)
	if page := support.get("/").body; strings.Contains(page, `href="/accounts"`) || strings.Contains(admin.get("/").body, `href="/support"`) {
		t.Error("the navigation shows what does not open")
	}
	rg.want("refused", support.get("/accounts"), http.StatusForbidden, "does not have the role")
	rg.want("the account page invites nobody", support.post("/account", "act", "invite", "password-for-invite", goodPassword), http.StatusUnprocessableEntity)
}

func TestRolesChange(t *testing.T) {
	rg := rolesRig(t)
	admin := rg.admin()
	ada := rg.with(admin, "ada", "support")
	change := func(name string, roles ...string) answer {
		fields := []string{"act", "roles", "account-roles", name, "password-for-roles", goodPassword}
		for _, r := range roles {
			fields = append(fields, "role", r)
		}
		return admin.post("/accounts", fields...)
	}
	rg.want("none", change("ada"), http.StatusUnprocessableEntity, "at least one role")
	rg.want("made up", change("ada", "king"), http.StatusUnprocessableEntity, "at least one role")
	rg.want("nobody", change("eve", "support"), http.StatusUnprocessableEntity, "one of the accounts")
	rg.want("the last administrator", change("admin", "support"), http.StatusUnprocessableEntity, "must be an administrator")
	rg.want("no password", admin.post("/accounts", "act", "roles", "account-roles", "ada", "role", "analyst"), http.StatusUnprocessableEntity, "not your password")
	if got := change("ada", "analyst"); got.to() != "/accounts" {
		t.Fatalf("change: %d %s", got.status, inside(got))
	}
	if got := ada.get("/support"); got.status != http.StatusForbidden {
		t.Errorf("her session has the old roles: %d", got.status)
	}
	rg.want("no roles", admin.post("/accounts", "act", "invite", "password-for-invite", goodPassword), http.StatusUnprocessableEntity, "at least one role")
	change("ada", "administrator")
	if got := ada.post("/accounts", "act", "remove", "account", "admin", "password-for-remove", goodPassword); got.to() != "/accounts" {
		t.Errorf("remove: %d %s", got.status, inside(got))
	}
	if !slices.Contains(rg.notes, ActRoles+": admin") || !slices.Contains(rg.notes, ActRemoved+": ada") || !slices.Contains(rg.notes, ActInvite+": admin") {
		t.Errorf("history %q", rg.notes)
	}
}

// TestCarry: what was posted comes to the page in memory, once, and private
// fields wait for no login.
func TestCarry(t *testing.T) {
	rg := rolesRig(t)
	admin := rg.admin()
	ada := rg.with(admin, "ada", "support")
	got := ada.post("/support/open", "private-text", "thing")
	if got.to() != "/support?x=1" || strings.Contains(got.body, "thing") {
		t.Fatalf("%d %q %s", got.status, got.to(), got.body)
	}
	rg.want("carried", ada.get("/support?x=1"), http.StatusOK, "carried thing", `class="notice error"`)
	if strings.Contains(ada.get("/support").body, "carried") {
		t.Error("it is shown twice")
	}
	rg.want("an error", ada.post("/support/open"), http.StatusInternalServerError)
	late := rg.browser().post("/support/open", "private-text", "secret thing", "ticket", "4711")
	rg.want("without a session", late, http.StatusForbidden, `value="/support"`, "ticket=4711")
	if strings.Contains(late.body, "secret") {
		t.Error("a private field is carried over a login")
	}
}

func TestRolesNeedAnAdministrator(t *testing.T) {
	if _, err := New(Config{Dir: t.TempDir(), Title: "frame.pages", Roles: []Role{Support}}); err == nil {
		t.Error("a site in which nobody gives roles")
	}
}
