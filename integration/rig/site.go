package rig

import (
	"net/http"
	"testing"
)

// Words that stand beside the fields and on the buttons of the console.
const (
	CodeField     = "One-time code"
	AccountField  = "Account name"
	PasswordField = "Password"
	NewField      = "New password"
	AgainField    = "The same password again"
	CreateButton  = "Create the account"
	LoginButton   = "Log in"
	LogoutButton  = "Log out"
	SaveButton    = "Save"

	CEIPBox       = "Enable customer experience improvement program"
	CSPBox        = "Enable customer success program"
	StandardLevel = "Standard"
	EnhancedLevel = "Enhanced"
)

// CloudServices is the path of the page with the checkbox.
const CloudServices = "/cloud-services"

// SetUp makes the first account with the setup code, and is logged in then.
func (a *Admin) SetUp(t testing.TB, code, account, password string) *Page {
	t.Helper()
	return a.Submit(t, a.Get(t, "/setup"), CreateButton, map[string]string{
		CodeField: code, AccountField: account, NewField: password, AgainField: password,
	})
}

// LogIn logs in.
func (a *Admin) LogIn(t testing.TB, account, password string) *Page {
	t.Helper()
	return a.Submit(t, a.Get(t, "/login"), LoginButton, map[string]string{AccountField: account, PasswordField: password})
}

// LogOut ends the session.
func (a *Admin) LogOut(t testing.TB) *Page {
	t.Helper()
	return a.Submit(t, a.Get(t, "/"), LogoutButton, nil)
}

// Decide opens Appliance, Cloud services, changes fields by their labels, and
// saves, which must work.
func (a *Admin) Decide(t testing.TB, fill map[string]string) *Page {
	t.Helper()
	p := a.Submit(t, a.Get(t, CloudServices), SaveButton, fill)
	if p.Status != http.StatusOK {
		t.Fatalf("saving was answered with %d: %s", p.Status, p.Text())
	}
	for label, want := range fill {
		if got := p.Shown(t, SaveButton, label); got != want {
			t.Fatalf("after saving, %q shows %q, want %q: %s", label, got, want, p.Text())
		}
	}
	return p
}

// Administrator sets up the site's console with a new account and returns its
// owner, who is logged in.
func (s *Split) Administrator(t testing.TB) *Admin {
	t.Helper()
	a := NewAdmin(t, s.Console(t))
	if p := a.SetUp(t, s.SetupCode(t), "ada", "a long walk by the sea"); p.Status != http.StatusOK || p.URL.Path == "/setup" {
		t.Fatalf("set up the console: %d: %s", p.Status, p.Text())
	}
	return a
}
