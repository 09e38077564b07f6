package browser

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// demoPatience is how long a demo may take to be filled here.
const demoPatience = 20 * time.Minute

// office is a `tacit up` and an engineer's browser, whose every word is searched in
// the end for what he typed.
type office struct {
	dir     string
	process *rig.Process
	browser *Browser
	tab     *Tab
	url     string // of the desk
	user    string // the ID that a user reads out
	issues  string // the vendor's file
	secrets []secret
}

// startDemo starts the demo, as its README has it, and logs what it does.
func startDemo(t *testing.T) *office {
	t.Helper()
	dir := filepath.Join(rig.Dir(t), "demo")
	o := &office{dir: dir, issues: filepath.Join(dir, "issues.yaml")}
	o.process = rig.Tacit(t, "up", "--demo", "--verbose", "--ports", "0", "--data", dir).Start(t, dir)
	rig.Within(t, demoPatience, "the demo is filled", func() bool {
		if strings.Contains(o.process.Text(), "error:") {
			t.Fatalf("it ended: %s", o.process.Text())
		}
		return strings.Contains(o.process.Text(), "slow since 5.3.0)")
	})
	o.user = o.banner(t, `the demo's user +(\S+)`)[1]
	o.enter(t)
	return o
}

// banner finds what the process printed.
func (o *office) banner(t *testing.T, pattern string) []string {
	t.Helper()
	found := regexp.MustCompile(pattern).FindStringSubmatch(o.process.Text())
	if found == nil {
		t.Fatalf("no %s in %s", pattern, o.process.Text())
	}
	return found
}

// enter makes the engineer's account, in a browser that keeps what it likes and runs
// no scripts of pages.
func (o *office) enter(t *testing.T) {
	t.Helper()
	found := o.banner(t, `desk +(http://\S+)/ +setup code (\S+)`)
	o.url = found[1]
	o.secrets = append(o.secrets, secretOf("the ID", o.user, rig.ID(t, o.dir)))
	o.browser = Start(t)
	o.tab = o.browser.Owner(t)
	o.tab.Scripts(false)
	o.tab.setUp(o.url, found[2])
}

// open types what a user reads out, with ticket and reason.
func (o *office) open(subject string) {
	o.tab.t.Helper()
	o.tab.Open(o.url + "/")
	o.tab.Fill(subjectField, subject)
	o.tab.Fill("Ticket (may be left out)", "T-4711")
	o.tab.Fill("Reason (may be left out)", "search fails")
	o.tab.Follow(Button, openButton)
	o.tab.Expect(http.StatusOK)
}

// says fails the test for every text that the page lacks.
func (o *office) says(texts ...string) {
	o.tab.t.Helper()
	for _, text := range texts {
		o.tab.Says(text)
	}
}

// issue is what the vendor's file says of something, as it stands there.
func (o *office) issue(t *testing.T, key string) string {
	t.Helper()
	b, err := os.ReadFile(o.issues)
	found := regexp.MustCompile(`(?m)^ +` + key + `: (.*)$`).FindSubmatch(b)
	if err != nil || found == nil {
		t.Fatalf("no %s in %s: %v", key, b, err)
	}
	return string(found[1])
}

// searchFails is what is wrong with the demo's user.
const searchFails = "Search fails since finder 5.3.0 on this installation: 14 of 15 attempts, error search_timeout in engine.Query; known issue, fixed in 5.3.1"

// TestDeskDemo has an engineer open the demo's user, to whom he talks, an analyst look
// at all installations, and a privacy officer export and erase. Then everything that
// was kept, said or asked for is searched for what they typed.
func TestDeskDemo(t *testing.T) {
	if testing.Short() {
		t.Skip("it fills a demo, for half a minute or more")
	}
	o := startDemo(t)
	o.open(strings.ToLower(strings.ReplaceAll(o.user, "-", " ")))
	o.says("SIMULATED FLEET", searchFails, "1 · Urgent", "each of the last 14 attempts failed", "Data up to", o.issue(t, "title"), o.issue(t, "workaround"),
		"Fixed in version 5.3.1", "engine.Query", "14 of 15 attempts failed", "supported until 2028-06-30", "T-4711", "Steps before it", "What changed, and when", "5.2.0 → 5.3.0")
	o.tab.Inspect("desk-demo-case", heaviest)
	o.steps(t)
	o.timeline(t)
	o.sheet(t)
	o.second(t)
	o.live(t)
	o.byCode(t)
	o.analyst(t)
	o.officer(t)
	o.search(t, filepath.Join(o.dir, "demo.json")) // it names the installations, which are no one's
}

// steps compares the steps before the failure with the rows of the time line: what
// was done last, and the failure itself.
func (o *office) steps(t *testing.T) {
	t.Helper()
	steps := evaluate[[]string](o.tab, `[...document.querySelectorAll("#wrong ~ .steps li")].map(e => e.innerText)`)
	if len(steps) < 2 || !strings.Contains(steps[len(steps)-1], "search_timeout") {
		t.Errorf("the steps are %q", steps)
		return
	}
	back := 0 // once is midnight
	for i := range steps[1:] {
		if steps[i+1][:len("15:04:05")] < steps[i][:len("15:04:05")] {
			back++
		}
	}
	if back > 1 {
		t.Errorf("the steps are out of order: %q", steps)
	}
}

// timeline filters, copies, zooms and turns pages, with the mouse and by keys.
func (o *office) timeline(t *testing.T) {
	t.Helper()
	tab := o.tab
	tab.Fill("Text in it", "search_timeout")
	tab.Follow(Button, "Filter")
	o.says("14 records; page 1 of 1", "operation search")
	tab.Click(Summary, "Copy as text")
	if copied := evaluate[string](tab, `document.querySelector(".copy").textContent`); strings.Count(copied, "\tfinder.error\tsearch_timeout\t") != 14 {
		t.Errorf("as text: %s", copied)
	}
	tab.ClickOn(".copy")
	if marked := evaluate[string](tab, "getSelection().toString()"); strings.Count(marked, "search_timeout") != 14 {
		t.Errorf("a click marks %q", marked)
	}
	tab.Fill("Text in it", "")
	tab.Follow(Button, "Filter")
	tab.FollowFirst(Link, regexp.MustCompile("^Performance "))
	usual := evaluate[[]string](tab, `[...document.querySelectorAll(".line tbody tr:not(.minute)")].map(e => e.children[3].innerText)`)
	if !strings.Contains(strings.Join(usual, "|"), " to ") {
		t.Errorf("what is usual: %q", usual)
	}
	tab.Follow(Link, "Everything")
	for _, step := range []string{`^\d{4}-\d\d-\d\d .*error`, `^\d\d:00 .*error`, `^\d\d:\d\d .*error`} { // the first day, hour and minute that had one
		tab.FollowFirst(Link, regexp.MustCompile(step))
		tab.Expect(http.StatusOK)
	}
	o.says("page 1 of 1", "search_timeout")
	tab.Inspect("desk-demo-minute", heaviest)
	tab.FollowKey("z")
	tab.FollowKey("p")
	o.says("page ")
	if strings.Contains(tab.URL(), "span=") || !strings.Contains(tab.URL(), "page=") {
		t.Errorf("the keys lead to %s", tab.URL())
	}
}

// sheet decides the severity and takes the case sheet, with the ID only if it is
// ticked.
func (o *office) sheet(t *testing.T) {
	t.Helper()
	tab := o.tab
	tab.Click(Summary, "Decide the severity")
	tab.Click(Radio, "2 · High")
	tab.Follow(Button, "Decide")
	o.says("Decided.", "2 · High decided by you")
	tab.Inspect("desk-demo-decided", heaviest)
	tab.Follow(Link, "Case sheet")
	o.says(searchFails, "2 · High decided by the engineer", "search_timeout", "engine.Query", "Steps before it", o.issue(t, "title"), o.issue(t, "workaround"), "5.3.1", "T-4711", "os.type", "Environment")
	nowhere(t, "the sheet", []byte(tab.Text()), o.secrets)
	tab.Inspect("desk-demo-sheet", heaviest)
	if n := tab.Printed(); n != 1 {
		t.Errorf("printed, the sheet takes %d sheets of paper", n)
	}
	for _, file := range []struct {
		link, name string
		says       []string
	}{
		{"As Markdown", "case.md", []string{"Severity: 2, high: decided by the engineer", "## Steps before it", "## The system"}},
		{"As JSON", "case.json", []string{`"decided_severity": 2`, `"steps": [`, `"environment": [`}},
	} {
		name, sheet := tab.Download(Link, file.link)
		text := strings.NewReplacer(`\_`, "_", "\\`", "", "`", "", `\u0026`, "&", `\"`, `"`).Replace(string(sheet)) // as Markdown and JSON escape
		for _, said := range append(file.says, searchFails, "engine.Query", o.issue(t, "title"), o.issue(t, "workaround"), "T-4711") {
			if name != file.name || !strings.Contains(text, said) {
				t.Errorf("%s does not say %q: %s", name, said, sheet)
			}
		}
		nowhere(t, name, sheet, o.secrets)
	}
	tab.Click(Checkbox, "Put the installation ID into the sheet")
	tab.Follow(Button, "Make the sheet anew")
	if !o.secrets[0].in([]byte(tab.Text())) {
		t.Error("the ID was ticked, and is not in the sheet")
	}
	tab.Follow(Link, "Back")
}

// second looks at the next problem: it is a case of its own.
func (o *office) second(t *testing.T) {
	t.Helper()
	found := evaluate[[]string](o.tab, `[...document.querySelectorAll(".problems a")].map(e => e.innerText)`)
	if len(found) == 0 {
		t.Fatal("there is one problem only")
	}
	o.tab.Follow(Link, found[0])
	o.says("Open is slow since finder 5.3.0", "Usual")
	o.tab.Inspect("desk-demo-second", heaviest)
}

// live has the user send while the engineer waits.
func (o *office) live(t *testing.T) {
	t.Helper()
	again := `"act":"refresh"`
	before := strings.Count(o.audit(t), again)
	sent := make(chan string, 1)
	go func() {
		for deadline := time.Now().Add(Patience); strings.Count(o.audit(t), again) == before && time.Now().Before(deadline); {
			time.Sleep(20 * time.Millisecond) // between two looks at a condition
		}
		var out string
		for _, command := range []string{"why", "send"} {
			r := rig.Tacit(t, command, "--data", o.dir).Run(t)
			out += fmt.Sprintf("%s: exit %d: %s%s", command, r.Code, r.Stdout, r.Stderr)
		}
		sent <- out
	}()
	news := regexp.MustCompile(`Opened again: \d+ records more`)
	rig.Eventually(t, "what the user sends is there", func() bool {
		o.tab.Follow(Button, "Fetch what is new")
		return news.MatchString(o.tab.Text())
	})
	t.Log(<-sent)
	o.says("tacit debug --for 1h")
	o.tab.Follow(Button, "Close")
	o.says("Closed.", "tacit id reset")
}

func (o *office) audit(t *testing.T) string {
	b, err := os.ReadFile(filepath.Join(o.dir, "desk", "audit.log"))
	if err != nil {
		t.Error(err)
	}
	return string(b)
}

// byCode opens the same by a support code, and after it was revoked nothing.
func (o *office) byCode(t *testing.T) {
	t.Helper()
	code := regexp.MustCompile(`[0-9A-Z]{5}(-[0-9A-Z]{5}){3}`).FindString(rig.Tacit(t, "id", "--for-support", "--data", o.dir).Run(t).Stdout)
	if code == "" {
		t.Fatal("no support code")
	}
	o.secrets = append(o.secrets, secretOf("the support code", code))
	o.untilOpened(t, strings.ToLower(code), "Data up to")
	o.says(searchFails)
	o.tab.Follow(Button, "Close")
	if text := o.tab.Text(); !strings.Contains(text, "Closed.") || strings.Contains(text, "tacit id reset") {
		t.Errorf("after a code: %s", text)
	}
	if r := rig.Tacit(t, "id", "--revoke", "--data", o.dir).Run(t); r.Code != 0 {
		t.Errorf("revoke: %s", r.Stderr)
	}
	o.untilOpened(t, code, "No such support code lives")
	o.tab.Inspect("desk-demo-code", heaviest)
	rig.Eventually(t, "the user sees who opened his history", func() bool {
		return strings.Count(rig.Tacit(t, "lookups", "--data", o.dir).Run(t).Stdout, "T-4711") >= 3
	})
}

// untilOpened opens until the page says a text, but not so often that the engineer has
// opened all that he may.
func (o *office) untilOpened(t *testing.T, subject, says string) {
	t.Helper()
	for range 12 {
		if o.open(subject); strings.Contains(o.tab.Text(), says) {
			return
		}
		time.Sleep(5 * time.Second) // between two looks at a condition
	}
	t.Fatalf("the page does not say %q: %s", says, o.tab.Text())
}

// analyst looks at what all installations add up to.
func (o *office) analyst(t *testing.T) {
	t.Helper()
	o.tab.Follow(Link, "All installations")
	o.says("finder.menu.used", "5.3.0", "at least ")
	o.tab.Inspect("desk-insights", heaviest)
	o.tab.Follow(Link, "What is slow")
	if text := o.tab.Text(); !regexp.MustCompile(`(?m)^open\t.*slower`).MatchString(text) || regexp.MustCompile(`(?m)^search\t.*slower`).MatchString(text) {
		t.Errorf("what is slow: %s", text)
	}
	o.tab.Inspect("desk-insights-slow", heaviest)
	o.tab.Follow(Link, "What breaks")
	o.says("search_timeout")
	o.tab.Inspect("desk-insights-breaks", heaviest)
	nowhere(t, "the analyst's page", []byte(o.tab.Text()), o.secrets)
}

// officer exports what is held, erases it, and reads who opened what.
func (o *office) officer(t *testing.T) {
	t.Helper()
	tab := o.tab
	fill := func() {
		tab.Fill(subjectField, o.user)
		tab.Fill("Ticket (may be left out)", "T-4712")
	}
	tab.Follow(Link, "Export and erase")
	fill()
	tab.Follow(Button, "Export everything held")
	name, held := tab.Download(Link, "Download")
	tab.Inspect("desk-exported", heaviest)
	nowhere(t, name, held, o.secrets)
	if name != "held-data.html" || !strings.Contains(string(held), "search_timeout") {
		t.Errorf("%s: %.300s", name, held)
	}
	tab.Open(o.url + "/rights")
	fill()
	tab.Click(Checkbox, "Erase it all, for good")
	tab.Follow(Button, "Erase")
	o.says("Receipt", "tacit id reset")
	tab.Inspect("desk-erased", heaviest)
	if o.open(o.user); strings.Contains(tab.Text(), "search_timeout") { // what the host sends since is another matter
		t.Errorf("it was erased, and the page says %s", tab.Text())
	}
	tab.Follow(Link, "Who opened what")
	o.says("Opened a history", "Opened it again", "Exported", "Erased", "T-4711", "T-4712", "search fails")
	tab.Inspect("desk-audit", heaviest)
}

// search ends everything and reads what is left of it.
func (o *office) search(t *testing.T, except ...string) {
	t.Helper()
	asked := o.tab.Asked()
	if len(asked) < 20 {
		t.Errorf("the browser asked for %q only", asked)
	}
	nowhere(t, "an address, a title or the browser's history", []byte(strings.Join(asked, "\n")), o.secrets)
	o.browser.End()
	o.process.Interrupt(t)
	said := o.process.Text()
	for _, line := range []string{`(?m)^  (the demo's user|installation ID) .*$`, `(?m)^(Try:|    )  .*$`} { // what the user is told on his own machine
		said = regexp.MustCompile(line).ReplaceAllString(said, "")
	}
	nowhere(t, "what the process printed and logged", []byte(said), o.secrets)
	nowhereBelow(t, o.browser.Profile, o.secrets)
	nowhereBelow(t, o.dir, o.secrets, append(except, filepath.Join(o.dir, "agent"))...) // the host's own
	nowhereBelow(t, o.dir+".witness", o.secrets)
	if rows := strings.Count(o.audit(t), `"act":"open"`); rows == 0 {
		t.Error("there is no row of all that")
	}
}
