package browser

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

//go:embed axe/axe.min.js
var axe string

// Finding is what axe-core holds against a page.
type Finding struct {
	Rule   string // axe's name of it
	Impact string // "minor", "moderate", "serious" or "critical"
	Help   string
	Where  []string // the elements, as HTML
	Why    []string // what is wrong with each
}

// Serious says whether somebody is kept from using the page.
func (f Finding) Serious() bool { return f.Impact == "serious" || f.Impact == "critical" }

// String says it in a line, and a line for each element.
func (f Finding) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s): %s", f.Rule, f.Impact, f.Help)
	for i := range f.Where {
		fmt.Fprintf(&b, "\n  %s\n    %s", f.Where[i], strings.ReplaceAll(f.Why[i], "\n", "\n    "))
	}
	return b.String()
}

// runAxe has axe look at the document. It loads no style sheets of its own: a
// page's policy forbids that, and would say so in the console.
const runAxe = `axe.run(document, {resultTypes: ["violations"], preload: false, rules: {"target-size": {enabled: true}}}).then(r => JSON.stringify(r.violations.map(v => ({
	Rule: v.id, Impact: v.impact, Help: v.help, Where: v.nodes.map(n => n.html), Why: v.nodes.map(n => n.failureSummary)}))))`

// Axe runs axe-core on the page: WCAG 2.0 to 2.2, A and AA, with the size of
// targets, which it leaves out by default, and its best practices.
func (tab *Tab) Axe() (findings []Finding) {
	tab.t.Helper()
	tab.settle()
	if !evaluate[bool](tab, "'axe' in window") {
		evaluate[bool](tab, axe+"\n;true")
	}
	if err := json.Unmarshal([]byte(evaluate[string](tab, runAxe)), &findings); err != nil {
		tab.t.Fatalf("read what axe found: %v", err)
	}
	return findings
}

// Report is what one look at a page brought.
type Report struct {
	Look     Look
	Shot     string // path of the picture
	Weight   int64  // bytes, see [Tab.Weight]; 0: the page was not loaded for this look
	Language string // of the document, as it says itself
	Overflow int64  // pixels by which the page is wider than the screen, or is laid out wider and shrunk
	Findings []Finding
}

// Wrong returns what a page must not have, one sentence each.
func (r Report) Wrong(maxBytes int64) (wrong []string) {
	for _, f := range r.Findings {
		if f.Serious() {
			wrong = append(wrong, "axe: "+f.String())
		}
	}
	if r.Weight > maxBytes {
		wrong = append(wrong, fmt.Sprintf("it weighs %d bytes, %d are allowed", r.Weight, maxBytes))
	}
	if r.Overflow > 0 {
		wrong = append(wrong, fmt.Sprintf("it is %d pixels wider than the screen", r.Overflow))
	}
	if r.Language != r.Look.Language {
		wrong = append(wrong, fmt.Sprintf("its language is %q, %q was asked for", r.Language, r.Look.Language))
	}
	return wrong
}

// Survey looks at the page in each of the looks and writes a picture of each,
// named name-LOOK.png. Where the language changes, the page is opened anew;
// the answer to a form, which would be sent a second time, is left out there.
// It must be answered as at first. In the end the tab looks as at first.
func (tab *Tab) Survey(name string) (reports []Report) {
	tab.t.Helper()
	url, _, _ := strings.Cut(tab.URL(), "#") // to a place on the same page leads no request
	worn := Looks[0]
	status, posted := tab.answer()
	weight := tab.Weight()
	for _, look := range Looks {
		anew := look.Language != worn.Language
		if anew && posted {
			continue
		}
		tab.Wear(look)
		if worn = look; anew {
			tab.Open(url)
			tab.Expect(status)
			weight = tab.Weight()
		}
		reports = append(reports, tab.report(look, name))
		reports[len(reports)-1].Weight = weight
	}
	tab.Wear(Looks[0])
	if worn.Language != Looks[0].Language {
		tab.Open(url)
		tab.Expect(status)
	}
	return reports
}

// report looks at the page as it is now. Looking takes scripts.
func (tab *Tab) report(look Look, name string) Report {
	tab.t.Helper()
	if tab.bare {
		tab.forbidScripts(false)
		defer tab.forbidScripts(true)
	}
	return Report{
		Look: look, Findings: tab.Axe(), Shot: tab.Shot(name + "-" + look.Name),
		Language: evaluate[string](tab, "document.documentElement.lang"),
		Overflow: evaluate[int64](tab, "document.documentElement.scrollWidth") - look.Width,
	}
}

// Inspect surveys the page and fails the test for everything that a page must
// not have; maxBytes is what it may weigh. What it weighs, and what axe finds
// moderate, is in the test's log.
func (tab *Tab) Inspect(name string, maxBytes int64) {
	tab.t.Helper()
	for i, r := range tab.Survey(name) {
		if i == 0 {
			tab.t.Logf("%s weighs %d bytes", name, r.Weight)
		}
		for _, wrong := range r.Wrong(maxBytes) {
			tab.t.Errorf("%s, %s: %s", name, r.Look.Name, wrong)
		}
		mild := slices.DeleteFunc(slices.Clone(r.Findings), Finding.Serious)
		for _, f := range mild {
			tab.t.Logf("%s, %s: %v", name, r.Look.Name, f)
		}
	}
}
