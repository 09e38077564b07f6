package console_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/tacit-telemetry/tacit/relay/console"
	"github.com/tacit-telemetry/tacit/relay/policy"
)

// preview is an agent that says what a test wants.
type preview func(ctx context.Context) (console.Preview, error)

func (p preview) Preview(ctx context.Context) (console.Preview, error) { return p(ctx) }

var samples = console.Preview{Sends: true, Reason: "default", Envelopes: []console.Envelope{
	{Kind: console.KindPage, Release: 1, Rows: []console.Row{
		{Time: "2026-11-21T21:00:00Z", Product: "tacit 1.0.0", Metric: "os.type", Value: "linux"},
	}},
	{Kind: console.KindFragment, Release: 1, Day: "2026-11-21", Facets: []console.Field{{Name: "os.type", Value: "linux"}},
		First: []string{"today", "ever"}, Rows: []console.Row{{Metric: "tacit.command.used", Labels: "command=why", Count: 1234, Value: "77"},
			{Metric: "tacit.operation.duration", Labels: "operation=spool", Count: 1, Value: "340"}}},
}}

var pages = []string{"/", "/cloud-services", "/collected", "/sent", "/agent-configuration"}

// maxWeight is what a page may weigh on the line.
const maxWeight = 60 << 10

func TestEveryPageInEveryLanguage(t *testing.T) {
	s := open(t, func(_ *policy.Config, c *console.Config) {
		c.Agent = preview(func(context.Context) (console.Preview, error) { return samples, nil })
	})
	titles := map[string][]string{
		"en": {"Overview", "Cloud services", "What is collected", "What is sent", "Agent configuration"},
		"it": {"Panoramica", "Servizi cloud", "Che cosa si raccoglie", "Che cosa si invia", "Configurazione degli agenti"},
	}
	for lang, want := range titles {
		for i, path := range pages {
			t.Run(lang+path, func(t *testing.T) {
				p := s.getIn(lang, path)
				if p.status != http.StatusOK || p.path != path {
					t.Fatalf("%d at %s", p.status, p.path)
				}
				if h := p.find(func(n *html.Node) bool { return n.Data == "h1" }); len(h) != 1 || text(h[0]) != want[i] {
					t.Errorf("headings %d, want one that says %q", len(h), want[i])
				}
				if strings.Contains(p.body, "⟦") {
					t.Errorf("a text is missing: %s", p.body[strings.Index(p.body, "⟦"):][:60])
				}
				if p.packed > maxWeight {
					t.Errorf("%d bytes on the line, want at most %d", p.packed, maxWeight)
				}
				if strings.Contains(p.body, secret) {
					t.Error("the channel's credential is on the page")
				}
				if got := attr(p.find(func(n *html.Node) bool { return n.Data == "html" })[0], "lang"); got != lang {
					t.Errorf("language %q", got)
				}
				accessible(t, p)
			})
		}
	}
	for _, path := range append(pages, "/agent-configuration/agent.yaml") {
		if p := s.do(browser(t), http.MethodGet, path, "en", nil); p.path != "/login" {
			t.Errorf("%s led a stranger to %s", path, p.path)
		}
	}
}

// accessible asks what a reader that cannot see the page needs: names for
// tables and their cells, for fields, and for regions that scroll.
func accessible(t *testing.T, p page) {
	t.Helper()
	var ids []string
	for _, n := range p.find(func(n *html.Node) bool { return has(n, "id") }) {
		if slices.Contains(ids, attr(n, "id")) {
			t.Errorf("the ID %q is there twice", attr(n, "id"))
		}
		ids = append(ids, attr(n, "id"))
	}
	for _, name := range []string{"aria-labelledby", "aria-describedby", "for"} {
		for _, n := range p.find(func(n *html.Node) bool { return has(n, name) }) {
			for id := range strings.FieldsSeq(attr(n, name)) {
				if !slices.Contains(ids, id) {
					t.Errorf("<%s %s=%q> names nothing", n.Data, name, id)
				}
			}
		}
	}
	for _, n := range p.find(func(n *html.Node) bool { return n.Data == "th" }) {
		if s := attr(n, "scope"); s != "row" && s != "col" {
			t.Errorf("a table heading %q has no scope", text(n))
		}
	}
	for _, table := range p.find(func(n *html.Node) bool { return n.Data == "table" }) {
		if table.Parent == nil || attr(table.Parent, "tabindex") != "0" {
			t.Error("a table that scrolls cannot be reached by keyboard")
		}
		if c := (page{root: table}).find(func(n *html.Node) bool { return n.Data == "caption" }); len(c) != 1 || text(c[0]) == "" {
			t.Error("a table has no caption")
		}
	}
	labelled := p.find(func(n *html.Node) bool { return n.Data == "label" })
	for _, n := range p.find(func(n *html.Node) bool { return n.Data == "input" && attr(n, "type") != "hidden" }) {
		if !slices.ContainsFunc(labelled, func(l *html.Node) bool { return attr(l, "for") == attr(n, "id") }) {
			t.Errorf("the field %q has no label", attr(n, "name"))
		}
	}
}

func TestOverview(t *testing.T) {
	s := open(t, nil)
	if p := s.get("/sent"); !strings.Contains(p.body, "No agent runs on this appliance") {
		t.Error("without an agent the page does not say how to start one")
	}
	p := s.get("/")
	for _, want := range []string{"On: this site takes part", "1,234", "56,789", "98.8 MB", "2.5%", "The next relay: connected",
		"More than one connection may send in a day", "newword", "No administrator has decided yet", "the default of the programmes"} {
		if !strings.Contains(text(p.root), want) {
			t.Errorf("the overview does not say %q", want)
		}
	}
	rows := p.find(func(n *html.Node) bool { return n.Data == "tr" })
	if len(rows) != 4 || !strings.Contains(text(rows[1]), "11") {
		t.Errorf("%d rows of refusals, the most frequent not first", len(rows))
	}
}
