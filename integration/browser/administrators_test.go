package browser

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// What the other administrator types.
const (
	bo      = "Bo"
	bosWord = "seven swans on the lake"
)

// invite has who is logged in make a code for somebody else.
func (tab *Tab) invite(console, password string) (code string) {
	tab.t.Helper()
	tab.Open(console + "/account")
	tab.Fill("Your password", password)
	tab.Follow(Button, "Make a code")
	tab.Expect(http.StatusOK)
	tab.Says("The code is made. It is shown only now.")
	_, after, _ := strings.Cut(tab.Text(), "One-time code\n")
	code, _, found := strings.Cut(strings.TrimSpace(after), "\n")
	if !found {
		tab.t.Fatalf("there is no code in %s", tab.Text())
	}
	return code
}

// TestTwoAdministrators has two people decide at the same time. The second is
// told what the first did, loses nothing of what he wanted, and decides again.
func TestTwoAdministrators(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	b := Start(t)
	one, two := b.Visitor(t), b.Visitor(t)
	one.setUp(h.console, h.code(t))
	code := one.invite(h.console, adasWord)
	one.Inspect("account-invited", heaviest)
	two.Open(h.console + "/setup")
	two.makeAccount(code, bo, bosWord)
	two.Expect(http.StatusOK)

	one.Follow(Link, "Cloud services")
	two.Follow(Link, "Cloud services")
	two.Click(Checkbox, rig.CSPBox)
	two.Click(Radio, rig.EnhancedLevel)
	one.decide(t, rig.CEIPBox)
	one.Says("Saved.")
	two.Follow(Button, rig.SaveButton)
	two.Expect(http.StatusConflict)
	two.Says("Not saved: the settings were changed while this form was open.")
	two.Says("Customer experience improvement: from On to Off")
	two.Says("Changes that are not saved yet")
	if !two.Checked(Checkbox, rig.CEIPBox) || two.Checked(Checkbox, rig.CSPBox) || !two.Checked(Radio, rig.EnhancedLevel) {
		t.Error("what the second wanted is gone")
	}
	two.Inspect("conflict", heaviest)
	one.Open(h.console + rig.CloudServices)
	if one.Checked(Checkbox, rig.CEIPBox) || one.Checked(Checkbox, rig.CSPBox) || one.Checked(Radio, rig.EnhancedLevel) {
		t.Error("what the first decided was saved over")
	}

	// He agrees with the first, and keeps what he wanted himself.
	two.decide(t, rig.CEIPBox)
	two.Says("Saved.")
	if two.Checked(Checkbox, rig.CEIPBox) || two.Checked(Checkbox, rig.CSPBox) || !two.Checked(Radio, rig.EnhancedLevel) {
		t.Error("what the second decided is not shown")
	}
	two.Says("Level: from Standard to Enhanced")
	two.Inspect("cloud-services-history", heaviest)
	two.Follow(Link, "Overview")
	two.Inspect("overview-off", heaviest)
	two.Follow(Link, "What is sent")
	two.Inspect("sent-off", heaviest)
}

// TestExpiredSession has a session end in the middle of a form: sessions are in
// the memory of the relay, which is started again. Nothing is saved, and after
// the login nothing is lost. The passwords of a form are not carried.
func TestExpiredSession(t *testing.T) {
	t.Parallel()
	s := rig.StartSplit(t, rig.Plan{})
	tab := Start(t).Visitor(t)
	tab.Scripts(false)
	tab.setUp(s.Console(t), s.SetupCode(t))
	tab.Follow(Link, "What is sent")
	tab.Inspect("sent-no-agent", heaviest)
	tab.Follow(Link, "Cloud services")
	tab.Click(Checkbox, rig.CSPBox)
	tab.Click(Radio, rig.EnhancedLevel)
	tab.excuseLost()
	s.Site.Interrupt(t)
	s.Site.Start(t)
	t.Cleanup(tab.excuseLost) // it began after the tab, so that it ends before it

	tab.Follow(Button, rig.SaveButton)
	tab.Expect(http.StatusForbidden)
	tab.Says("Nothing was saved, because your session has ended.")
	tab.Inspect("login-again", heaviest)
	tab.logIn(ada, "not my password at all")
	tab.Expect(http.StatusForbidden)
	tab.logIn(ada, adasWord)
	tab.Expect(http.StatusOK)
	tab.Says("Not saved yet.")
	if !tab.Checked(Checkbox, rig.CEIPBox) || tab.Checked(Checkbox, rig.CSPBox) || !tab.Checked(Radio, rig.EnhancedLevel) {
		t.Error("what was ticked is gone")
	}
	tab.Says("Changes that are not saved yet")
	fresh := rig.NewAdmin(t, s.Console(t))
	fresh.LogIn(t, ada, adasWord)
	if p := fresh.Get(t, rig.CloudServices); p.Shown(t, rig.SaveButton, rig.CSPBox) != "on" || p.Shown(t, rig.SaveButton, rig.EnhancedLevel) != "off" {
		t.Errorf("a form without a session was saved: %s", p.Text())
	}
	tab.Shot("unsaved-light")
	tab.decide(t)
	tab.Says("Saved.")
	tab.Says("Customer success: from On to Off")
}

// TestLostPassword has the administrator of the machine restore access, while
// the relay runs. Everybody sees in the history that it was done.
func TestLostPassword(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	b := Start(t)
	tab, other := b.Visitor(t), b.Visitor(t)
	tab.setUp(h.console, h.code(t))
	recover := rig.Tacit(t, "relay", "recover", ada, "--data", h.dir).Run(t)
	code := strings.TrimSpace(recover.Stdout)
	if recover.Code != 0 || code == "" {
		t.Fatalf("recover: exit %d: %s", recover.Code, recover.Stderr)
	}
	const anew = "a short swim in the sea"
	other.Open(h.console + "/login")
	other.Follow(Link, "Lost the password?")
	other.recover(code, bo, anew)
	other.Says("This code is for another account")
	other.Expect(http.StatusUnprocessableEntity)
	other.recover(code, ada, anew)
	other.Expect(http.StatusOK)
	other.Says("Your password is set, and all other sessions have ended.")
	other.Follow(Link, "Cloud services")
	other.Says("Access restored")
	other.Says("tacit relay recover")

	tab.Open(h.console + "/")
	tab.leadsToLogin() // the session of before has ended
	tab.logIn(ada, adasWord)
	tab.Expect(http.StatusForbidden)
	tab.logIn(ada, anew)
	tab.Expect(http.StatusOK)
	other.logOut()
	other.Follow(Link, "Lost the password?")
	other.recover(code, ada, "a third word of mine")
	status, _ := other.answer()
	if status < 400 {
		t.Errorf("the code was good twice: %d", status)
	}
	other.Expect(status)
}

// recover sets a new password with a code.
func (tab *Tab) recover(code, account, password string) {
	tab.t.Helper()
	tab.Fill(rig.CodeField, code)
	tab.Fill(rig.AccountField, account)
	tab.Fill(rig.NewField, password)
	tab.Fill(rig.AgainField, password)
	tab.Follow(Button, "Set the password")
}

// TestDamagedDecision has somebody edit the file of the decision by hand. The
// site holds and says so, until an administrator saves again.
func TestDamagedDecision(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	tab := Start(t).Visitor(t)
	tab.setUp(h.console, h.code(t))
	tab.excuseLost()
	h.process.Interrupt(t)
	file := filepath.Join(h.dir, "relay", "policy", "policy.log")
	b, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, bytes.Replace(b, []byte(`"ceip":"on"`), []byte(`"ceip":"off"`), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	h.start(t)
	t.Cleanup(tab.excuseLost) // it began after the tab, so that it ends before it
	tab.Open(h.console + "/")
	tab.logIn(ada, adasWord)
	tab.Says("On hold: nothing is sent")
	tab.Inspect("overview-held", heaviest)
	tab.Follow(Link, "Look at the settings under Cloud services and save them.")
	tab.Says("was changed, added or taken out by something else than this relay.")
	if tab.Checked(Checkbox, rig.CEIPBox) || tab.Checked(Checkbox, rig.CSPBox) {
		t.Error("a box is ticked although it is not known what was decided")
	}
	tab.Inspect("cloud-services-held", heaviest)
	tab.decide(t, rig.CEIPBox)
	tab.Says("Began anew: the history before was damaged and is kept beside this one")
	tab.Follow(Link, "Overview")
	tab.Says("Partly on")
}
