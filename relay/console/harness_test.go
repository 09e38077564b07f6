package console_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tacit-telemetry/tacit/relay/console"
	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// site is a console with everything behind it real: accounts, sessions and the
// policy on disk. The agent and the counts are the test's own.
type site struct {
	t       *testing.T
	policy  *policy.Policy
	dir     string // of the policy
	witness string
	server  *httptest.Server
	client  *http.Client
	clock   atomic.Int64 // ahead of the true time, for sessions
}

const (
	admin    = "anna"
	password = "a long enough sentence"
	secret   = "channel-credential-5f3a9b"
	vendor   = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"
	pin      = "0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9:0A:1B:2C:3D:4E:5F:60:71:82:93:A4:B5:C6:D7:E8:F9"
)

var defaults = policy.Settings{CEIP: wire.SwitchOn, CSP: wire.SwitchOn, Level: schema.Standard}

// open starts a console in new directories and logs the first administrator in.
func open(t *testing.T, change func(*policy.Config, *console.Config)) *site {
	t.Helper()
	s := &site{t: t, dir: filepath.Join(t.TempDir(), "policy"), witness: filepath.Join(t.TempDir(), "witness")}
	pc := policy.Config{Dir: s.dir, Witness: s.witness, Defaults: defaults, Release: uint32(registry.Base().Release)}
	cc := console.Config{
		Dir: filepath.Join(t.TempDir(), "console"), Stats: counts, AgentFile: agentFile,
		Now: func() time.Time { return time.Now().Add(time.Duration(s.clock.Load())) },
	}
	if change != nil {
		change(&pc, &cc)
	}
	s.reopenPolicy(pc)
	if cc.Policy == nil {
		cc.Policy = current{s}
	}
	c, err := console.New(cc)
	if err != nil {
		t.Fatal(err)
	}
	code, err := c.SetupCode()
	if err != nil || code == "" {
		t.Fatalf("setup code %q, %v", code, err)
	}
	s.server = httptest.NewServer(c.Handler())
	t.Cleanup(s.server.Close)
	s.client = browser(t)
	p := s.post(s.client, "/setup", url.Values{"code": {code}, "name": {admin}, "password": {password}, "password-again": {password}})
	if p.status != http.StatusOK || p.path != "/" {
		t.Fatalf("after setup: %d at %s", p.status, p.path)
	}
	return s
}

// current is the site's policy, which a test may open anew.
type current struct{ s *site }

func (c current) State() policy.State { return c.s.policy.State() }
func (c current) Save(ctx context.Context, by string, over uint64, s policy.Settings, release uint32) (policy.State, error) {
	return c.s.policy.Save(ctx, by, over, s, release)
}
func (c current) History(ctx context.Context) ([]policy.Entry, error) { return c.s.policy.History(ctx) }

func (s *site) reopenPolicy(pc policy.Config) {
	s.t.Helper()
	pc.Dir, pc.Witness = s.dir, s.witness
	p, err := policy.Open(pc)
	if err != nil {
		s.t.Fatal(err)
	}
	s.policy = p
}

func counts() console.Stats {
	return console.Stats{
		Agents: 1234, Passed: 56789, Bytes: 98_765_432, Refused: 15, RefusedBy: map[string]uint64{"off": 3, "quota": 11, "newword": 1},
		Thin: 25, Forwarded: 1000, Waiting: 7, Upstream: console.UpstreamConnected,
	}
}

func agentFile() console.AgentFile {
	return console.AgentFile{Relays: []string{"tls://relay.example.com:8472"}, Fingerprint: pin, VendorKey: vendor, Credential: secret}
}

func browser(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 30 * time.Second}
}

// page is an answer as a browser sees it.
type page struct {
	status int
	path   string // where redirects ended
	header http.Header
	body   string
	packed int // bytes on the line
	root   *html.Node
}

func (s *site) do(client *http.Client, method, path, lang string, form url.Values) page {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Accept-Language", lang)
	r.Header.Set("Accept-Encoding", "gzip")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	p := page{status: resp.StatusCode, path: resp.Request.URL.Path, header: resp.Header, packed: len(b)}
	if resp.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(b))
		if err == nil {
			b, err = io.ReadAll(z)
		}
		if err != nil {
			s.t.Fatal(err)
		}
	}
	p.body = string(b)
	if p.root, err = html.Parse(bytes.NewReader(b)); err != nil {
		s.t.Fatal(err)
	}
	return p
}

func (s *site) get(path string) page {
	s.t.Helper()
	return s.do(s.client, http.MethodGet, path, "en", nil)
}
func (s *site) getIn(lang, path string) page {
	s.t.Helper()
	return s.do(s.client, http.MethodGet, path, lang, nil)
}
func (s *site) post(c *http.Client, path string, form url.Values) page {
	s.t.Helper()
	return s.do(c, http.MethodPost, path, "en", form)
}

// find returns the elements for which ok says so, in the order of the page.
func (p page) find(ok func(n *html.Node) bool) (out []*html.Node) {
	for n := range p.root.Descendants() {
		if n.Type == html.ElementNode && ok(n) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
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

// byID returns the text of the element with that ID, and "" without one.
func (p page) byID(id string) string {
	for _, n := range p.find(func(n *html.Node) bool { return attr(n, "id") == id }) {
		return text(n)
	}
	return ""
}

// form returns what a browser would post from the form in the page's middle, as
// the page shows it.
func (p page) form() url.Values {
	out := url.Values{}
	middle := page{root: p.find(func(n *html.Node) bool { return n.Data == "main" })[0]}
	for _, n := range middle.find(func(n *html.Node) bool { return n.Data == "input" && attr(n, "name") != "" }) {
		kind := attr(n, "type")
		if (kind == "checkbox" || kind == "radio") && !has(n, "checked") {
			continue
		}
		out.Add(attr(n, "name"), attr(n, "value"))
	}
	return out
}
