package story

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// What one installation alone has: an ID, a version, a duration, a function.
const (
	loneVersion  = "7.31.9"
	loneDuration = 7310007391
	loneFunction = "zebra.Gallop"
)

// lone is an installation at a site, and who tries to see it without its ID.
type lone struct {
	site, id, spoken string
	marks            []string // of which none may be in an answer
	text             func() string
}

// TestNoWayWithoutID asks all that can be asked of a store with one installation's
// history in it, over every route and command that the programs say they have, as
// everybody: without its ID or a code of it nothing of it comes back. What nobody
// has listed fails.
func TestNoWayWithoutID(t *testing.T) {
	t.Parallel()
	n := startLone(t)
	desk := n.openDesk(t)
	t.Run("Desk", func(t *testing.T) { n.checkDesk(t, desk) })
	t.Run("Console", func(t *testing.T) { n.checkConsole(t) })
	t.Run("StoreSocket", func(t *testing.T) { n.checkStoreSocket(t) })
	t.Run("AgentSocket", func(t *testing.T) { n.checkAgentSocket(t) })
	t.Run("Commands", func(t *testing.T) { n.checkCommands(t) })
	n.nothing(t, "what tacit up printed", n.text())
}

// startLone starts a site and one endpoint, whose page is stored and of which a
// support code lives.
func startLone(t *testing.T) *lone {
	t.Helper()
	n := &lone{site: rig.Dir(t)}
	dir := rig.Dir(t)
	up := rig.Tacit(t, "up", "--verbose", "--ports", "0", "--data", n.site).Start(t, n.site)
	up.WaitFor(t, "Ctrl-C ends it")
	n.text = up.Text
	startAgent(t, dir, rig.AgentConfig(t, n.site, dir, "interval: 1s", "window: 100ms"))
	rig.Eventually(t, "the endpoint has heard the site", func() bool { return says(t, dir) == "on" })
	answers, err := rig.OfferAs(t.Context(), dir, "tacit", loneVersion, []rig.Offered{
		{Metric: "tacit.operation.duration", Value: loneDuration, Labels: map[string]string{"operation": "spool"}},
		{Metric: "tacit.error", Value: "spool_write", Labels: map[string]string{"frames": "github.com/tacit-telemetry/tacit/agent/" + loneFunction + " zebra.go:7391"}},
	})
	if err != nil || !answers[0].Accepted() || !answers[1].Accepted() {
		t.Fatalf("%+v, %v", answers, err)
	}
	n.id, n.spoken = rig.ID(t, dir), strings.TrimSpace(run(t, dir, "id", "--spoken"))
	plain := strings.ReplaceAll(n.id, "-", "")
	n.marks = []string{loneVersion, fmt.Sprint(loneDuration), loneFunction, "zebra.go", n.id, plain, n.spoken, strings.ReplaceAll(n.spoken, "-", "")}
	rig.Eventually(t, "with its ID all of it is there", func() bool {
		r := rig.Tacit(t, "lookup", n.id, "--data", n.site, "--json").Run(t)
		for _, mark := range n.marks[:4] {
			if !strings.Contains(r.Stdout, mark) {
				return false
			}
		}
		return true
	})
	c := makeCode(t, dir)
	n.marks = append(n.marks, c.Code, strings.ReplaceAll(c.Code, "-", ""))
	return n
}

// nothing fails when an answer holds something of the installation.
func (n *lone) nothing(t *testing.T, where, answer string) {
	t.Helper()
	for i, mark := range n.marks {
		if strings.Contains(answer, mark) || i > 3 && strings.Contains(strings.ToUpper(answer), strings.ToUpper(mark)) {
			t.Errorf("%s holds mark %d of the installation: %.600s", where, i, around(answer, mark))
		}
	}
}

func around(text, mark string) string {
	i := max(0, strings.Index(text, mark)-200)
	return text[i:]
}

// served returns the routes that the process says are there.
func (n *lone) served(t *testing.T, there string) (out []string) {
	t.Helper()
	found := regexp.MustCompile(`msg=serves at=` + regexp.QuoteMeta(there) + ` routes="([^"]*)"`).FindStringSubmatch(n.text())
	if found == nil {
		t.Fatalf("tacit up --verbose does not say what %s serves", there)
	}
	hash := regexp.MustCompile(`-[0-9a-f]{12}\.`)
	for route := range strings.SplitSeq(found[1], ", ") {
		out = append(out, hash.ReplaceAllString(route, "-HASH."))
	}
	return out
}

// listed compares what a program has with what is listed here.
func listed[V any](t *testing.T, what string, has []string, list map[string]V) {
	t.Helper()
	for _, one := range has {
		if _, ok := list[one]; !ok {
			t.Errorf("%s %s is listed nowhere: say here who may, and try it without an ID", what, one)
		}
	}
	for one := range list {
		if !slices.Contains(has, one) {
			t.Errorf("%s %s is listed, and there is none", what, one)
		}
	}
}

// Who may on the desk.
const (
	anybody  = "anybody"  // also who is not logged in
	everyone = "everyone" // who is logged in
)

// deskRoutes says who may. Roles are those of the desk.
var deskRoutes = map[string]string{
	"GET /": everyone, "POST /open": "support", "GET /case": "support", "POST /case": "support", "GET /case/sheet": "support",
	"GET /case/sheet.md": "support", "GET /case/sheet.json": "support", "GET /insights": "analyst", "GET /rights": "privacy_officer", "POST /rights": "privacy_officer",
	"GET /rights/export.html": "privacy_officer", "GET /audit": "privacy_officer", "GET /accounts": "administrator", "POST /accounts": "administrator",
	"GET /account": everyone, "POST /account": everyone, "GET /second-factor": everyone, "POST /second-factor": everyone,
	"GET /setup": anybody, "POST /setup": anybody, "GET /login": anybody, "POST /login": anybody, "POST /logout": anybody, "GET /recover": anybody,
	"POST /recover": anybody, "POST /language": anybody, "GET /style-HASH.css": anybody, "GET /logo-HASH.svg": anybody,
}

// openDesk returns everybody at the desk, by role, and the case that is open.
func (n *lone) openDesk(t *testing.T) map[string]*rig.Admin {
	t.Helper()
	found := regexp.MustCompile(`desk +(http://\S+)/ .*setup code (\S+)`).FindStringSubmatch(n.text())
	if found == nil {
		t.Fatalf("no desk in %s", n.text())
	}
	const password = "a long walk by the sea"
	join := func(code, name string) *rig.Admin {
		a := rig.NewAdmin(t, found[1])
		p := a.Post(t, "/setup", url.Values{"code": {code}, "name": {name}, "password": {password}, "password-again": {password}})
		if p.Status != http.StatusOK || p.URL.Path == "/setup" {
			t.Fatalf("%s: %d at %s: %s", name, p.Status, p.URL.Path, p.Text())
		}
		return a
	}
	people := map[string]*rig.Admin{"all": join(found[2], "anna"), "nobody": rig.NewAdmin(t, found[1])}
	for _, role := range []string{"support", "analyst", "privacy_officer", "administrator"} {
		p := people["all"].Post(t, "/accounts", url.Values{"act": {"invite"}, "role": {role}, "password-for-invite": {password}})
		code := regexp.MustCompile(`<p class="code big">([^<]+)</p>`).FindStringSubmatch(p.Body)
		if code == nil {
			t.Fatalf("no invitation for %s: %s", role, p.Text())
		}
		people[role] = join(code[1], role)
	}
	return people
}

// checkDesk asks for everything as everybody, also for the case that somebody who
// has the ID has open.
func (n *lone) checkDesk(t *testing.T, people map[string]*rig.Admin) {
	routes := n.served(t, "desk.title")
	listed(t, "the desk's", routes, deskRoutes)
	p := people["all"].Post(t, "/open", url.Values{"private-id": {n.id}, "ticket": {"T-1"}, "reason": {"slow"}, "days": {"90"}})
	name := p.URL.Query().Get("case")
	if p.URL.Path != "/case" || name == "" || !strings.Contains(p.Body, loneFunction) {
		t.Fatalf("with its ID the desk shows %s: %s", p.URL.Path, p.Text())
	}
	people["nothing typed"] = people["all"] // has all roles, and an open case that he does not name
	for _, who := range slices.Sorted(maps.Keys(people)) {
		if who == "all" {
			continue
		}
		for _, route := range routes {
			for _, form := range forms(name, who != "nothing typed") {
				n.askDesk(t, people[who], who, route, form)
			}
		}
	}
	if again := people["all"].Get(t, "/case?case="+name); !strings.Contains(again.Body, loneFunction) {
		t.Errorf("the case was ended meanwhile: %s", again.Text())
	}
}

// forms are what is sent: nothing, and what every form there has, with an ID of
// nobody, a part of the right one, and the name of the case that is open elsewhere.
func forms(name string, named bool) []url.Values {
	all := url.Values{
		"private-id": {"9d2f1c34-8a5b-4c6d-9e7f-001122334455"}, "ticket": {"T-1"}, "reason": {"slow"}, "days": {"400"}, "act": {"export"},
		"from": {"1"}, "problem": {"0"}, "severity": {"1"}, "category": {"error_report"}, "text": {"zebra"}, "about": {"breaks"},
	}
	refresh := url.Values{"act": {"refresh"}, "private-id": {""}, "about": {"slow"}}
	if named {
		all.Set("case", name)
		refresh.Set("case", name)
	}
	return []url.Values{{}, all, refresh}
}

// askDesk asks for one route, and searches the answer.
func (n *lone) askDesk(t *testing.T, a *rig.Admin, who, route string, form url.Values) {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	if strings.Contains(path, "-HASH.") || path == "/logout" { // files of the page; the end of a session shows nothing
		return
	}
	var p *rig.Page
	if method == http.MethodGet {
		p = a.Get(t, path+"?"+form.Encode())
	} else {
		p = a.Post(t, path, form)
	}
	body := p.Body
	if path == "/insights" {
		body = counted(body)
	}
	n.nothing(t, fmt.Sprintf("%s, of %s with %d fields,", route, who, len(form)), body+p.URL.String()+fmt.Sprint(p.Header))
	may := deskRoutes[route]
	switch role := may != anybody && may != everyone; {
	case who == "nobody" && method == http.MethodGet && may != anybody && p.URL.Path != "/login":
		t.Errorf("%s leads nobody to %s", route, p.URL.Path)
	case role && who != "nobody" && who != "nothing typed" && (who == may) == (p.Status == http.StatusForbidden):
		t.Errorf("%s, of %s: status %d", route, who, p.Status)
	}
}
