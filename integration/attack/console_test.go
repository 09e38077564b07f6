package attack

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// account is the administrator's name in the console: what stands in every
// history, and is searched for as a control.
const account = "kvarnkeeper-4417"

const password = "a long walk by the sea"

// browser connects from an address of loopback and says so in headers, as
// proxies between browser and console do.
type browser struct {
	from caller
	next http.Transport
}

func newBrowser(from caller) *browser {
	d := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from.at)}}
	return &browser{from: from, next: http.Transport{DialContext: d.DialContext}}
}

// RoundTrip implements [http.RoundTripper].
func (b *browser) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	for _, name := range []string{"X-Forwarded-For", "X-Real-Ip", "User-Agent"} {
		r.Header.Set(name, b.from.at)
	}
	r.Header.Set("Forwarded", "for="+b.from.at)
	return b.next.RoundTrip(r)
}

// person returns somebody with a browser at the site's console.
func (f *field) person(t testing.TB, c caller) *rig.Admin {
	t.Helper()
	a, b := rig.NewAdmin(t, f.Console(t)), newBrowser(c)
	a.Client.Transport = b
	t.Cleanup(b.next.CloseIdleConnections)
	return a
}

// pages are all of the console, and some that it does not have.
var pages = []string{
	"/", rig.CloudServices, "/agent-configuration", "/agent-configuration/agent.yaml", "/collected", "/sent", "/account",
	"/login", "/setup", "/recover", "/no-such-page",
}

// visit keeps everything that the console answers.
func (f *field) visit(t testing.TB, a *rig.Admin, who caller) {
	t.Helper()
	for _, path := range pages {
		f.keepPage("the console's "+path+" for "+who.who, a.Get(t, path))
	}
}

func (f *field) keepPage(name string, p *rig.Page) {
	text := fmt.Sprintf("status %d\n", p.Status)
	for name, values := range p.Header {
		text += name + ": " + strings.Join(values, " ") + "\n"
	}
	f.seen.add(name, []byte(text+p.Body))
}

// setUp makes the administrator's account.
func (f *field) setUp(t *testing.T) {
	f.admin = f.person(t, admin)
	if p := f.admin.SetUp(t, f.SetupCode(t), account, password); p.Status != http.StatusOK || p.URL.Path == "/setup" {
		t.Fatalf("set up: %d: %s", p.Status, p.Text())
	}
	port := netip.MustParseAddrPort(strings.TrimPrefix(f.Console(t), "http://")).Port()
	rig.Eventually(t, "the console is called from the administrator's address", func() bool { return connectedTo(t, port)[admin.at] })
}

// console has the administrator err, refuse, and agree again, while a visitor
// tries to get in.
func (f *field) console(t *testing.T) {
	f.visit(t, f.admin, admin)
	f.admin.Decide(t, map[string]string{rig.CEIPBox: "off", rig.CSPBox: "off"})
	f.whileOff(t)
	f.admin.Decide(t, map[string]string{rig.CEIPBox: "on"})
	f.intruder(t)
	f.admin.LogOut(t)
	f.keepPage("the answer to a wrong password", f.admin.LogIn(t, account, "wrong"))
	f.admin.LogIn(t, account, password)
	f.visit(t, f.admin, admin)
	f.admin.Get(t, rig.CloudServices).Says(t, account)
}

// whileOff puts by hand what the site refuses, and looks at what agents say.
func (f *field) whileOff(t *testing.T) {
	c, _ := f.site.guest(t, siteStranger, f.site.credential)
	m, err := c.Request("tacit.put", envelopeWith(""), rig.Patience)
	if err != nil || string(m.Data) != string(off) {
		t.Errorf("a put while the site refuses is answered %v, %v", m, err)
	}
	for _, a := range f.agents {
		rig.Eventually(t, a.who+" has heard that the site refuses", func() bool { return why(t, a).State == "off" })
		f.seen.add("why of "+a.who+" while off", []byte(a.ask(t, "why")))
	}
}

// intruder tries to get in until the console has had enough of it.
func (f *field) intruder(t *testing.T) {
	v := f.person(t, visitor)
	f.visit(t, v, visitor)
	for i := range 8 {
		p := v.Post(t, "/login", url.Values{"name": {account}, "password": {fmt.Sprint(visitor.at, i)}})
		f.keepPage(fmt.Sprintf("the answer to guess %d", i), p)
	}
	for _, path := range []string{rig.CloudServices, "/setup", "/account", "/recover"} {
		// The answer gives him back what he typed, so it is not kept.
		v.Post(t, path, url.Values{"from": {visitor.at}, "name": {visitor.at}, "code": {visitor.at}})
	}
}

// health keeps what daemons say of themselves.
func (f *field) health(t testing.TB, moment string, daemons ...string) {
	t.Helper()
	client := http.Client{Transport: newBrowser(visitor)}
	defer client.CloseIdleConnections()
	for _, name := range daemons {
		for _, path := range []string{"/livez", "/readyz", "/metrics", "/"} {
			r, err := client.Get(metricsOf(t, f.daemons[name]) + path)
			if err != nil {
				t.Fatalf("%s of %s: %v", path, name, err)
			}
			b, err := io.ReadAll(r.Body)
			_ = r.Body.Close()
			if err != nil {
				t.Fatal(err)
			}
			f.seen.add(path+" of "+name+" "+moment, fmt.Appendf(b, "\nstatus %d %v", r.StatusCode, r.Header))
		}
	}
}
