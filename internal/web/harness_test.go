package web

import (
	"context"
	"crypto/tls"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"
)

// quick makes a hash take a millisecond: what a hash costs is for its own test.
var quick = cost{memory: 64, passes: 1, threads: 1}

// clock is a clock that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// rig is a site with two pages of a made-up part, served over loopback.
type rig struct {
	t     *testing.T
	site  *Site
	cfg   Config
	clock *clock
	url   string
	shut  func()

	mu    sync.Mutex
	notes []string
	saved []url.Values
}

var partFiles = fstest.MapFS{
	"templates/_piece.html": {Data: []byte(`{{define "piece"}}<p>a piece</p>{{end}}`)},
	"templates/first.html":  {Data: []byte(`{{template "piece"}}<p id="saved">{{number .}}</p>`)},
	"templates/thing.html":  {Data: []byte(`<form method="post" action="/thing"><input name="text" value="{{.}}"></form>`)},
}

func newRig(t *testing.T, change func(*Config)) *rig {
	t.Helper()
	rg := &rig{t: t, clock: &clock{t: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)}}
	rg.cfg = Config{
		Dir: t.TempDir() + "/web", Title: "frame.pages", Files: partFiles, RecoverCommand: "tacit relay recover",
		Now: rg.clock.now, Note: rg.note,
	}
	if change != nil {
		change(&rg.cfg)
	}
	rg.start()
	return rg
}

func (rg *rig) note(_ context.Context, e Event) error {
	rg.mu.Lock()
	defer rg.mu.Unlock()
	rg.notes = append(rg.notes, e.Act+": "+e.By)
	return nil
}

// start opens the site as a new process would.
func (rg *rig) start() {
	rg.t.Helper()
	site, err := New(rg.cfg)
	if err != nil {
		rg.t.Fatal(err)
	}
	site.hasher = newHasher(quick)
	site.Add(Page{Path: "/", Title: "time.month.1", Template: "templates/first.html", Show: func(*Request) (any, error) { return len(rg.saved), nil }})
	site.Add(Page{Path: "/thing", Title: "time.month.2", Group: "time.month.3", Template: "templates/thing.html", Show: showThing, Save: rg.saveThing})
	site.Add(Page{Path: "/file", Download: func(*Request) (string, string, []byte, error) {
		return "a file.yaml", "application/yaml", []byte("key: value\n"), nil
	}})
	server := httptest.NewUnstartedServer(nil)
	server.Config = Server(site.Handler())
	if rg.cfg.TLS {
		server.StartTLS()
	} else {
		server.Start()
	}
	rg.site, rg.url = site, server.URL
	rg.shut = sync.OnceFunc(server.Close)
	rg.t.Cleanup(rg.shut)
}

func showThing(r *Request) (any, error) {
	if r.Restored != nil {
		return r.Restored.Get("text"), nil
	}
	if r.Form.Has("panic") {
		panic("a page's own mistake")
	}
	if r.Form.Has("fail") {
		return nil, io.ErrUnexpectedEOF
	}
	return "as it stands", nil
}

func (rg *rig) saveThing(r *Request) (*Answer, error) {
	if r.Form.Get("text") == "refuse me" {
		return &Answer{Again: r.Form.Get("text"), Notice: "form.mistakes", Status: http.StatusConflict}, nil
	}
	rg.mu.Lock()
	defer rg.mu.Unlock()
	rg.saved = append(rg.saved, r.Form)
	return &Answer{Notice: "time.month.4"}, nil
}

func (rg *rig) timesSaved() int {
	rg.mu.Lock()
	defer rg.mu.Unlock()
	return len(rg.saved)
}

// browser is somebody with cookies.
type browser struct {
	t      *testing.T
	rg     *rig
	client *http.Client
	header http.Header // of every request
}

func (rg *rig) browser() *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		rg.t.Fatal(err)
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.DisableKeepAlives = true
	if rg.cfg.TLS {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // the test server's own certificate
	}
	client := &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	return &browser{rg.t, rg, client, http.Header{}}
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func (a answer) to() string { return a.header.Get("Location") }

func (b *browser) do(method, path string, form url.Values, header ...string) answer {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.rg.url+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header = b.header.Clone()
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		r.Header.Set("Origin", b.rg.url)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Error(err)
		return answer{header: http.Header{}}
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Error(err)
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}

func (b *browser) get(path string, header ...string) answer {
	b.t.Helper()
	return b.do(http.MethodGet, path, nil, header...)
}

func (b *browser) post(path string, fields ...string) answer {
	b.t.Helper()
	return b.do(http.MethodPost, path, form(fields...))
}

func form(fields ...string) url.Values {
	out := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		out.Add(fields[i], fields[i+1])
	}
	return out
}

const (
	goodPassword  = "correct horse battery"
	otherPassword = "staple under the lamp"
)

func (b *browser) setUp(code, name string) answer {
	b.t.Helper()
	return b.post("/setup", "code", code, "name", name, "password", goodPassword, "password-again", goodPassword)
}

func (b *browser) logIn(name, password string) answer {
	b.t.Helper()
	return b.post("/login", "name", name, "password", password)
}

// in says whether the browser is logged in.
func (b *browser) in() bool {
	b.t.Helper()
	return b.get("/").status == http.StatusOK
}

// admin sets the site up as "admin" and returns his browser.
func (rg *rig) admin() *browser {
	rg.t.Helper()
	b := rg.browser()
	if got := b.setUp(rg.code(), "admin"); got.status != http.StatusSeeOther || got.to() != "/" {
		rg.t.Fatalf("set up: %d %q: %s", got.status, got.to(), got.body)
	}
	return b
}

func (rg *rig) code() string {
	rg.t.Helper()
	code, err := rg.site.SetupCode()
	if err != nil || code == "" {
		rg.t.Fatalf("setup code: %q, %v", code, err)
	}
	return code
}

func (rg *rig) want(what string, got answer, status int, texts ...string) {
	rg.t.Helper()
	if got.status != status {
		rg.t.Errorf("%s: status %d, want %d: %s", what, got.status, status, inside(got))
	}
	for _, text := range texts {
		if !strings.Contains(html.UnescapeString(got.body), text) {
			rg.t.Errorf("%s: the page does not say %q: %s", what, text, inside(got))
		}
	}
	if strings.Contains(got.body, "⟦") {
		rg.t.Errorf("%s: a text is missing: %s", what, got.body)
	}
}

// main is what a page says inside its frame.
func inside(a answer) string {
	_, text, _ := strings.Cut(a.body, "<main")
	text, _, _ = strings.Cut(text, "</main>")
	return text
}

var hiddenInput = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// hidden returns the hidden fields of a page, as a browser would post them.
func hidden(a answer) (fields []string) {
	for _, m := range hiddenInput.FindAllStringSubmatch(inside(a), -1) {
		fields = append(fields, m[1], html.UnescapeString(m[2]))
	}
	return fields
}
