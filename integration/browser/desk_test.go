package browser

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// What is on the desk's pages.
const (
	subjectField = "Support code or installation ID"
	openButton   = "Open"
)

// desk returns the desk's URL, without a slash at its end, and its setup code.
func (h *house) desk(t *testing.T) (url, code string) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(h.dir, "run", "endpoints.json"))
	if err != nil {
		t.Fatal(err)
	}
	var where struct{ Desk string }
	if err := json.Unmarshal(b, &where); err != nil || where.Desk == "" {
		t.Fatalf("where is the desk? %s", b)
	}
	found := regexp.MustCompile(`desk .*setup code (\S+)`).FindStringSubmatch(h.process.Text())
	if found == nil {
		t.Fatalf("no setup code of the desk in %s", h.process.Text())
	}
	return strings.TrimSuffix(where.Desk, "/"), found[1]
}

// TestDesk opens this host's own history by the ID that its user reads out, looks
// at every page in every look, without scripts, and then searches everything that
// was written for the ID.
func TestDesk(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	id := rig.ID(t, h.dir)
	url, code := h.desk(t)
	b := Start(t)
	tab := b.Owner(t)
	o := &office{dir: h.dir, process: h.process, browser: b, tab: tab, url: url}
	o.user = o.banner(t, `installation ID +(\S+)`)[1]
	o.secrets = []secret{secretOf("the ID", id, o.user)}
	tab.Scripts(false)
	tab.setUp(url, code)
	tab.Inspect("desk-home", heaviest)

	tab.Fill(subjectField, mistyped(o.user))
	tab.Follow(Button, openButton)
	o.says("Nothing was opened.", "What is wrong:")
	tab.Inspect("desk-mistyped", heaviest)

	tab.Fill(subjectField, "9d2f1c34-8a5b-4c6d-9e7f-001122334455")
	tab.Follow(Button, openButton)
	o.says("There is nothing under this ID", "takes up to an hour", "waits 24 hours", "Sending is off", "was reset", "older than 90 days")
	tab.Inspect("desk-empty", heaviest)

	tab.Fill(subjectField, strings.ToLower(strings.ReplaceAll(id, "-", " ")))
	tab.Follow(Button, openButton)
	tab.Expect(http.StatusOK)
	o.says("Data up to", "Nothing wrong is to be seen", "os.type", "tacit debug")
	tab.Inspect("desk-case", heaviest)
	tab.Follow(Button, "Fetch what is new")
	o.says("Opened again")
	tab.Follow(Link, "Case sheet")
	tab.Expect(http.StatusOK)
	tab.Inspect("desk-sheet", heaviest)
	if name, sheet := tab.Download(Link, "As JSON"); name != "case.json" || !json.Valid(sheet) || o.secrets[0].in(sheet) {
		t.Errorf("%s: %s", name, sheet)
	}
	for _, page := range deskPages {
		tab.Follow(Link, page.link)
		tab.Expect(http.StatusOK)
		tab.Inspect(page.name, heaviest)
	}
	tab.Fill(subjectField, o.user)
	tab.Follow(Button, "Export everything held")
	o.opens(t)
	tab.Open(url + "/second-factor")
	tab.Inspect("desk-second-factor", heaviest)
	o.withScripts(t)
	o.search(t)
}

// deskPages are the pages that the desk has links to on each of its pages.
var deskPages = []struct{ link, name string }{
	{"All installations", "desk-insights-few"}, {"Who opened what", "desk-audit-few"}, {"Accounts", "desk-accounts"}, {"Export and erase", "desk-rights"},
}

// withScripts looks at the pages once more, in a browser that runs what scripts
// they have: none, or the policy of the page would say so in the console, which
// fails the test when it ends.
func (o *office) withScripts(t *testing.T) {
	t.Helper()
	o.tab.Scripts(true)
	o.open(o.user)
	o.tab.Follow(Link, "Case sheet")
	for _, page := range deskPages {
		o.tab.Follow(Link, page.link)
		o.tab.Expect(http.StatusOK)
	}
}

// mistyped changes the first letter that a person hears wrong.
func mistyped(id string) string {
	if id[0] == '3' {
		return "5" + id[1:]
	}
	return "3" + id[1:]
}

// opens opens the exported file as the user does, from a disk, in a browser of his own.
func (o *office) opens(t *testing.T) {
	t.Helper()
	_, held := o.tab.Download(Link, "Download")
	file := filepath.Join(t.TempDir(), "held-data.html")
	if err := os.WriteFile(file, held, 0o600); err != nil {
		t.Fatal(err)
	}
	tab := Start(t).Visitor(t)
	tab.Open("file://" + file)
	tab.Says("os.type")
	for _, look := range Looks[:3] {
		tab.Wear(look)
		for _, wrong := range tab.report(look, "desk-held").Wrong(heaviest) {
			t.Errorf("the exported file, %s: %s", look.Name, wrong)
		}
	}
}
