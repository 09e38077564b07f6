package console_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

const cloud = "/cloud-services"

// lines returns how many entries the history has.
func (s *site) lines() int {
	s.t.Helper()
	entries, err := s.policy.History(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	return len(entries)
}

// decide saves settings as another administrator would.
func (s *site) decide(by string, want policy.Settings) {
	s.t.Helper()
	w := s.policy.Wire()
	if _, err := s.policy.Save(s.t.Context(), by, w.Revision, want, w.Release); err != nil {
		s.t.Fatal(err)
	}
}

func TestTheWordsOfTheCheckbox(t *testing.T) {
	s := open(t, nil)
	p := s.get(cloud)
	label := p.find(func(n *html.Node) bool { return n.Data == "label" && attr(n, "for") == "ceip" })
	if len(label) != 1 || text(label[0]) != "Enable customer experience improvement program" {
		t.Errorf("the checkbox is not labelled as it must be")
	}
	if got := p.byID("ceip-note"); got != "Sends information about software use. No name, address, licence or customer number. "+
		"Details can be opened only by somebody to whom a user gives the installation ID." {
		t.Errorf("below the checkbox stands %q", got)
	}
}

func TestSave(t *testing.T) {
	s := open(t, nil)
	form := s.get(cloud).form()
	if form.Get("ceip") != "on" || form.Get("csp") != "on" || form.Get("level") != "standard" {
		t.Fatalf("the form begins with %v", form)
	}
	form.Del("ceip")
	form.Del("csp")
	form.Set("level", "enhanced")
	p := s.post(s.client, cloud, form)
	if p.status != http.StatusOK || p.path != cloud || !strings.Contains(p.body, "Saved. Connected endpoints stop within a second") {
		t.Fatalf("%d at %s", p.status, p.path)
	}
	w := s.policy.Wire()
	if w.CEIP != wire.SwitchOff || w.CSP != wire.SwitchOff || w.Level != schema.Enhanced || !w.Decided || w.Release != 1 {
		t.Fatalf("the policy is %+v", w)
	}
	if got := p.form(); got.Has("ceip") || got.Has("csp") || got.Get("level") != "enhanced" {
		t.Errorf("the form shows %v", got)
	}
	for _, want := range []string{admin, "Settings saved", "Customer experience improvement: from On to Off", "Level: from Standard to Enhanced"} {
		if !strings.Contains(text(p.root), want) {
			t.Errorf("the history does not say %q", want)
		}
	}
	if o := s.get("/"); !strings.Contains(o.body, "Off: no endpoint of this site sends anything") || !strings.Contains(o.body, "by "+admin) {
		t.Error("the overview does not say that it is off, and by whom")
	}
}

// The default that an administrator confirms is a decision; the same decision
// again is none.
func TestSameIsSavedOnce(t *testing.T) {
	s := open(t, nil)
	for range 2 {
		if p := s.post(s.client, cloud, s.get(cloud).form()); p.status != http.StatusOK {
			t.Fatal(p.status)
		}
		if w := s.policy.Wire(); !w.Decided || w.CEIP != wire.SwitchOn {
			t.Fatalf("the policy is %+v", w)
		}
	}
	if n := s.lines(); n != 2 {
		t.Errorf("%d entries, want the default and one decision", n)
	}
}

func TestConflict(t *testing.T) {
	s := open(t, nil)
	form := s.get(cloud).form()
	s.decide("bert", policy.Settings{CEIP: wire.SwitchOn, CSP: wire.SwitchOff, Level: schema.Standard})
	form.Del("ceip")
	p := s.post(s.client, cloud, form)
	if p.status != http.StatusConflict {
		t.Fatalf("%d, want 409", p.status)
	}
	if w := s.policy.Wire(); w.CEIP != wire.SwitchOn || s.lines() != 2 {
		t.Fatalf("something was saved: %+v", w)
	}
	accessible(t, p)
	meanwhile := p.find(func(n *html.Node) bool { return attr(n, "aria-labelledby") == "meanwhile" })
	if len(meanwhile) != 1 || !strings.Contains(text(meanwhile[0]), "bert") ||
		!strings.Contains(text(meanwhile[0]), "Customer success: from On to Off") {
		t.Error("the page does not say who changed what meanwhile")
	}
	wanted := p.find(func(n *html.Node) bool { return attr(n, "aria-labelledby") == "wanted" })
	if len(wanted) != 1 || !strings.Contains(text(wanted[0]), "Customer experience improvement On Off") ||
		!strings.Contains(text(wanted[0]), "Customer success Off On") {
		t.Error("the page does not say what saving would change now")
	}
	again := p.form()
	if again.Has("ceip") || again.Get("csp") != "on" {
		t.Fatalf("the form does not hold what he wanted: %v", again)
	}
	if p := s.post(s.client, cloud, again); p.status != http.StatusOK {
		t.Fatalf("the second try: %d", p.status)
	}
	if w := s.policy.Wire(); w.CEIP != wire.SwitchOff || w.CSP != wire.SwitchOn {
		t.Errorf("the policy is %+v", w)
	}
}

// A session that ends while the form is open loses nothing of it and saves
// nothing of it, and what others saved meanwhile is shown.
func TestExpiredSession(t *testing.T) {
	for _, others := range []bool{false, true} {
		s := open(t, nil)
		form := s.get(cloud).form()
		form.Del("ceip")
		if others {
			s.decide("bert", policy.Settings{CEIP: wire.SwitchOn, CSP: wire.SwitchOff, Level: schema.Standard})
		}
		before := s.lines()
		s.clock.Add(int64(time.Hour))
		p := s.post(s.client, cloud, form)
		if s.lines() != before {
			t.Fatal("a form without a session was saved")
		}
		login := p.form()
		login.Set("name", admin)
		login.Set("password", password)
		p = s.post(s.client, "/login", login)
		if p.status != http.StatusOK || p.path != cloud || s.lines() != before {
			t.Fatalf("after the login: %d at %s", p.status, p.path)
		}
		if got := p.form(); got.Has("ceip") || got.Get("csp") != "on" {
			t.Errorf("the form holds %v", got)
		}
		if !strings.Contains(text(p.root), "Customer experience improvement On Off") {
			t.Error("the page does not say what saving would change")
		}
		if strings.Contains(p.byID("meanwhile-table"), "Saved by others") != others {
			t.Errorf("others saved: %v; the page says otherwise", others)
		}
		if p := s.post(s.client, cloud, p.form()); p.status != http.StatusOK || s.policy.Wire().CEIP != wire.SwitchOff {
			t.Errorf("saving it then: %d", p.status)
		}
	}
}

// Another process that does not stop writing: the administrator is told, keeps
// his form, and a refusal holds all the same.
func TestSaveThatFails(t *testing.T) {
	s := open(t, nil)
	form := s.get(cloud).form()
	form.Del("ceip")
	lock, err := datadir.TakeLock(s.dir, "policy")
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Release() //nolint:errcheck // a test's
	p := s.post(s.client, cloud, form)
	if p.status != http.StatusInternalServerError || p.form().Has("ceip") {
		t.Fatalf("%d, and the form holds %v", p.status, p.form())
	}
	if !strings.Contains(p.body, "The relay says: save policy:") || s.policy.Wire().CEIP == wire.SwitchOn {
		t.Error("the refusal does not hold, or the page says nothing")
	}
}

func TestFormsThatNobodySent(t *testing.T) {
	s := open(t, nil)
	good := s.get(cloud).form()
	for name, change := range map[string]func(url.Values){
		"no level":            func(v url.Values) { v.Del("level") },
		"unknown level":       func(v url.Values) { v.Set("level", "<b>all</b>") },
		"no revision":         func(v url.Values) { v.Del("revision") },
		"revision of letters": func(v url.Values) { v.Set("revision", "x") },
		"release beyond":      func(v url.Values) { v.Set("release", "99999999999") },
	} {
		form := url.Values{}
		for k, v := range good {
			form[k] = v
		}
		change(form)
		if p := s.post(s.client, cloud, form); p.status != http.StatusUnprocessableEntity || strings.Contains(p.body, "<b>all") {
			t.Errorf("%s: %d, want 422", name, p.status)
		}
	}
	if p := s.get(cloud + "?" + url.Values{"level": {"enhanced"}, "revision": {good.Get("revision")}, "release": {"1"}}.Encode()); p.status != http.StatusOK {
		t.Error(p.status)
	}
	if s.lines() != 1 {
		t.Error("one of them was saved")
	}
}

func TestNamesAreEscaped(t *testing.T) {
	s := open(t, nil)
	const name = `<script>alert(1)</script>"'`
	s.decide(name, policy.Settings{CEIP: wire.SwitchOff, CSP: wire.SwitchOff, Level: schema.Standard})
	for _, path := range []string{"/", cloud} {
		p := s.get(path)
		if strings.Contains(p.body, "<script") || !strings.Contains(text(p.root), name) {
			t.Errorf("%s does not show the name as a text", path)
		}
	}
}

// A long history comes in parts.
func TestHistoryInParts(t *testing.T) {
	s := open(t, nil)
	want := policy.Settings{CEIP: wire.SwitchOff, CSP: wire.SwitchOff, Level: schema.Standard}
	for i := range 60 {
		want.CEIP = wire.Switch(1 + i%2)
		s.decide("bert", want)
	}
	rows := func(p page) int {
		return len((page{root: p.find(func(n *html.Node) bool { return attr(n, "aria-labelledby") == "history" })[0]}).
			find(func(n *html.Node) bool { return n.Data == "tr" })) - 1
	}
	path, seen := cloud, 0
	for path != "" {
		p := s.get(path)
		seen += rows(p)
		path = ""
		for _, a := range p.find(func(n *html.Node) bool { return n.Data == "a" && text(n) == "Older entries" }) {
			path = attr(a, "href")
		}
	}
	if seen != 61 {
		t.Errorf("%d entries in all parts, want 61", seen)
	}
	for _, odd := range []string{"?from=0", "?from=-1", "?from=99999", "?from=x"} {
		if p := s.get(cloud + odd); p.status != http.StatusOK || rows(p) != 25 {
			t.Errorf("%s: %d", odd, p.status)
		}
	}
}

// TestOneTickTurnsOffBoth: who unticks the first box wants that nothing is
// sent, also by the second programme, which he may tick again afterwards.
func TestOneTickTurnsOffBoth(t *testing.T) {
	s := open(t, nil)
	save := func(ceip, csp bool) {
		form := s.get(cloud).form()
		for name, on := range map[string]bool{"ceip": ceip, "csp": csp} {
			form.Del(name)
			if on {
				form.Set(name, "on")
			}
		}
		s.post(s.client, cloud, form)
	}
	for _, step := range []struct {
		name        string
		ceip, csp   bool
		want, want2 wire.Switch
	}{
		{"the first box unticked", false, true, wire.SwitchOff, wire.SwitchOff},
		{"the second ticked afterwards", false, true, wire.SwitchOff, wire.SwitchOn},
		{"both", true, true, wire.SwitchOn, wire.SwitchOn},
		{"the second unticked", true, false, wire.SwitchOn, wire.SwitchOff},
	} {
		save(step.ceip, step.csp)
		if w := s.policy.Wire(); w.CEIP != step.want || w.CSP != step.want2 {
			t.Fatalf("%s: the policy is %+v", step.name, w)
		}
	}
}
