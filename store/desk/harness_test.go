package desk_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/registry/example"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/desk"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/insights"
	"github.com/tacit-telemetry/tacit/store/lookup"

	"github.com/google/uuid"
)

const password = "a long enough sentence"

// office is a desk with accounts, sessions and audit log real; the store is the
// test's own.
type office struct {
	t      *testing.T
	dir    string
	audit  *audit.Log
	server *httptest.Server
	admin  *engineer // has all roles
	log    bytes.Buffer

	mu      sync.Mutex
	now     time.Time
	asked   []string // tickets, in order
	history *lookup.History
	err     error
	erased  int
	newer   int // how often somebody waited for more
	report  diagnosis.Report
	people  insights.Population
	nobody  error         // why there is no population
	wait    chan struct{} // not nil: who opens waits for it
	inside  chan struct{} // gets one for each that waits
}

// begun wants the audit log to say that somebody is about to open or export a history.
func (o *office) begun(ctx context.Context) {
	rows, err := o.audit.Entries(ctx)
	running := map[int]bool{}
	for _, e := range rows {
		switch e.Act {
		case audit.Opened, audit.Again, audit.Exported:
			running[e.N] = true
		case audit.Outcome:
			delete(running, e.For)
		}
	}
	if err != nil || len(running) == 0 {
		o.t.Errorf("the store is asked, and no row says so: %v", err)
	}
}

// Open implements desk.Histories.
func (o *office) Open(ctx context.Context, _ lookup.Subject, _ time.Time, ticket string) (*lookup.History, error) {
	o.begun(ctx)
	o.mu.Lock()
	wait := o.wait
	o.asked = append(o.asked, ticket)
	h, err := o.history, o.err
	o.mu.Unlock()
	if wait != nil {
		o.inside <- struct{}{}
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return h, err
}

// Newer implements desk.Histories.
func (o *office) Newer(ctx context.Context, who lookup.Subject, since time.Time, ticket string, than *lookup.History, wait time.Duration) (*lookup.History, error) {
	if than == nil || wait != 15*time.Second {
		o.t.Errorf("newer than %p is asked for, within %v", than, wait)
	}
	o.set(func() { o.newer++ })
	return o.Open(ctx, who, since, ticket)
}

// Erase implements desk.Histories.
func (o *office) Erase(_ context.Context, who lookup.Subject) (lookup.Erased, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err != nil {
		return lookup.Erased{}, o.err
	}
	o.erased++
	return lookup.Erased{Pages: 42, ForgottenBy: schema.DayOf(o.now) + 2}, nil
}

func (o *office) examine(context.Context, *lookup.History) (diagnosis.Report, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.report, nil
}

func (o *office) population(context.Context) (*insights.Population, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return &o.people, o.nobody
}

// someRegistry is that of the example's products.
func someRegistry(t *testing.T) *registry.Set {
	t.Helper()
	reg, err := registry.Overlay(nil, example.Files()...)
	if err != nil {
		t.Fatal(err)
	}
	set, err := registry.NewSet(reg)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) set(f func()) {
	o.mu.Lock()
	defer o.mu.Unlock()
	f()
}

func (o *office) times() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.asked)
}

// open starts a desk; own: on the machine of who asks.
func open(t *testing.T, own bool) *office {
	t.Helper()
	known := someRegistry(t)
	o := &office{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC), history: someHistory(), report: someReport(), inside: make(chan struct{}, 10)}
	logger := slog.New(slog.NewTextHandler(&locked{w: &o.log}, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	o.audit, err = audit.Open(audit.Config{Dir: filepath.Join(o.dir, "desk", "audit"), Witness: filepath.Join(o.dir, "witness.json"), Now: o.clock, Logger: logger})
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.New(desk.Config{
		Dir: filepath.Join(o.dir, "desk", "accounts"), Own: own, Histories: o, Audit: o.audit, Examine: o.examine, Population: o.population,
		Registry: func() (*registry.Set, error) { return known, nil },
		Now:      o.clock, Logger: logger,
	})
	if err != nil {
		t.Fatal(err)
	}
	code, err := d.SetupCode()
	if err != nil || code == "" {
		t.Fatalf("setup code %q, %v", code, err)
	}
	o.server = httptest.NewServer(d.Handler())
	t.Cleanup(o.server.Close)
	o.admin = o.engineer()
	p := o.admin.post("/setup", "code", code, "name", "anna", "password", password, "password-again", password)
	if p.status != http.StatusOK {
		t.Fatalf("after setup: %d at %s", p.status, p.path)
	}
	return o
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// engineer is somebody with a browser, of which every address is noted.
type engineer struct {
	o      *office
	client *http.Client
	lang   string
	urls   []string
}

func (o *office) engineer() *engineer {
	jar, err := cookiejar.New(nil)
	if err != nil {
		o.t.Fatal(err)
	}
	e := &engineer{o: o, lang: "en"}
	e.client = &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		e.urls = append(e.urls, r.URL.String())
		return nil
	}}
	return e
}

// with makes an account of these roles.
func (o *office) with(name string, roles ...web.Role) *engineer {
	o.t.Helper()
	fields := []string{"act", "invite", "password-for-invite", password}
	for _, r := range roles {
		fields = append(fields, "role", string(r))
	}
	code := o.admin.post("/accounts", fields...).class("code big")
	e := o.engineer()
	if p := e.post("/setup", "code", code, "name", name, "password", password, "password-again", password); p.status != http.StatusOK {
		o.t.Fatalf("%s: %d at %s: %s", name, p.status, p.path, p.main())
	}
	return e
}

// page is an answer as a browser sees it.
type page struct {
	t      *testing.T
	status int
	path   string // with its query, where redirects ended
	header http.Header
	body   string
	root   *html.Node
}

func (e *engineer) do(method, path string, form url.Values) page {
	e.o.t.Helper()
	r, err := http.NewRequestWithContext(e.o.t.Context(), method, e.o.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		e.o.t.Fatal(err)
	}
	e.urls = append(e.urls, r.URL.String())
	r.Header.Set("Accept-Language", e.lang)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := e.client.Do(r)
	if err != nil {
		e.o.t.Error(err)
		return page{t: e.o.t, header: http.Header{}, root: &html.Node{}}
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		e.o.t.Fatal(err)
	}
	root, err := html.Parse(bytes.NewReader(b))
	if err != nil {
		e.o.t.Fatal(err)
	}
	if strings.Contains(string(b), "⟦") {
		e.o.t.Errorf("%s lacks a text: %s", path, b)
	}
	return page{e.o.t, resp.StatusCode, resp.Request.URL.RequestURI(), resp.Header, string(b), root}
}

func (e *engineer) get(path string) page {
	e.o.t.Helper()
	return e.do(http.MethodGet, path, nil)
}

func (e *engineer) post(path string, fields ...string) page {
	e.o.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return e.do(http.MethodPost, path, form)
}

// look posts the field, as the page does.
func (e *engineer) look(id string) page {
	e.o.t.Helper()
	return e.post("/open", "private-id", id, "ticket", "T-4711", "reason", "search is slow", "days", "90")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text returns what an element says, with single spaces between its parts.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func (p page) find(ok func(n *html.Node) bool) (out []*html.Node) {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && ok(n) {
			out = append(out, n)
		}
	}
	return out
}

func (p page) class(class string) string {
	for _, n := range p.find(func(n *html.Node) bool { return attr(n, "class") == class }) {
		return text(n)
	}
	return ""
}

func (p page) main() string {
	for _, n := range p.find(func(n *html.Node) bool { return n.Data == "main" }) {
		return text(n)
	}
	return ""
}

func (p page) byID(id string) string {
	for _, n := range p.find(func(n *html.Node) bool { return attr(n, "id") == id }) {
		return text(n)
	}
	return ""
}

// says wants a status and texts.
func (p page) says(status int, texts ...string) {
	p.t.Helper()
	if p.status != status {
		p.t.Errorf("%s: status %d, want %d: %s", p.path, p.status, status, p.main())
	}
	for _, want := range texts {
		if !strings.Contains(p.main(), want) {
			p.t.Errorf("%s does not say %q: %s", p.path, want, p.main())
		}
	}
}

// link returns where the link with that text leads.
func (p page) link(name string) string {
	for _, n := range p.find(func(n *html.Node) bool { return n.Data == "a" }) {
		if strings.HasPrefix(text(n), name) {
			return attr(n, "href")
		}
	}
	return ""
}

// theID is whose history is opened.
var theID = identity.Spoken(uuid.MustParse("6f1c2b34-8a5b-4c6d-9e7f-001122334455"))

// at is a time of the history.
func at(day, hour, minute, second int) int64 {
	return time.Date(2026, 11, day, hour, minute, second, 0, time.UTC).Unix()
}

func record(t int64, c schema.Category, metric string, v schema.Value, unit string, labels ...string) lookup.Record {
	r := lookup.Record{Time: t, Value: v, Series: &lookup.Series{
		Product: schema.Product{Name: "Finder", Version: "5.3"}, Metric: metric, Category: c, Unit: unit,
	}}
	for i := 0; i < len(labels); i += 2 {
		r.Labels = append(r.Labels, schema.Label{Name: labels[i], Value: labels[i+1]})
	}
	return r
}

// someHistory is three days, with an error at the end of the last.
func someHistory() *lookup.History {
	h := &lookup.History{Installation: map[string]schema.Value{"os.type": schema.Text("linux")}, Products: map[string]string{"Finder": "5.3"}, Pages: 7}
	for day := 20; day <= 22; day++ {
		for hour := range 10 {
			for minute := 0; minute < 60; minute += 10 {
				h.Records = append(h.Records,
					record(at(day, hour, minute, 5), schema.FeatureUsage, "finder.feature.used", schema.Number(1), "{use}", "feature", "search"),
					record(at(day, hour, minute, 6), schema.Performance, "finder.search.duration", schema.Number(int64(340_000+minute)), "us", "operation", "query"),
					record(at(day, hour, minute, 7), schema.Engine, "engine.memory", schema.Number(int64(minute)*1_000_000), "By"))
			}
		}
	}
	h.Records = append(h.Records, record(at(22, 9, 55, 30), schema.ErrorReport, "finder.error", schema.Text("E217"), "", "frames", "engine.Query\nmain.main", "operation", "query"))
	return h
}

func someReport() diagnosis.Report {
	when := time.Unix(at(22, 9, 55, 30), 0).UTC()
	return diagnosis.Report{
		Sentence: "Search fails since 5.3 on this installation: 14 of 15 attempts, error E217 in engine.Query; known issue, fixed in 5.3.1",
		Severity: diagnosis.Severity{Level: 2, Reason: "a main function fails at most attempts"},
		Problems: []diagnosis.Problem{
			{
				Kind: diagnosis.Failing, Sentence: "Search fails since 5.3 on this installation: 14 of 15 attempts, error E217 in engine.Query; known issue, fixed in 5.3.1",
				Severity: diagnosis.Severity{Level: 2, Reason: "a main function fails at most attempts"}, Product: "Finder", Version: "5.3",
				Error: &diagnosis.Signature{
					Product: "Finder", Metric: "finder.error", Code: "E217", Function: "engine.Query", Frames: "engine.Query\nmain.main", Operation: "search",
					First: when.Add(-time.Hour), Last: when, Events: 14, Since: "5.3", Attempts: 15, Failures: 14,
					AtLarge: []diagnosis.AtLarge{{Version: "5.2", Fewer: 20}, {Version: "5.3", Installations: 140, Per100: 12}},
				},
				Known: &diagnosis.Issue{Product: "Finder", Code: "E217", Title: "Search fails on large indexes", Since: "5.3", FixedIn: "5.3.1", Workaround: "Rebuild the index.", URL: "https://example.com/E217"},
				Steps: []diagnosis.Step{{Time: when.Add(-time.Minute), Category: schema.FeatureUsage, Product: "Finder", What: "used search"}, {Time: when, Category: schema.ErrorReport, Product: "Finder", What: "error E217"}},
				Last:  when,
			},
			{Kind: diagnosis.SlowRunning, Sentence: "Open takes 3 s", Severity: diagnosis.Severity{Level: 3, Reason: "slow"}, Slow: &diagnosis.Slow{Operation: "open", Events: 9, Median: 3000, P95: 9000, Unit: "ms"}},
		},
		Products:    []diagnosis.Product{{Name: "Finder", Version: "5.3", EndOfLife: "2027-06-30", Supported: true}},
		Environment: []diagnosis.Fact{{Metric: "os.type", Value: "linux"}},
		Changes:     []diagnosis.Change{{Time: when.Add(-24 * time.Hour), What: "Finder", From: "5.2", To: "5.3"}},
		Operations:  []diagnosis.Operation{{Product: "Finder", Version: "5.3", Name: "search", Attempts: 15, Failures: 14}},
		Through:     when, Records: 541,
	}
}
