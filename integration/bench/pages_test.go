//go:build linux

package bench

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/integration/rig"
)

// Of the console that is measured: how often its administrators decided, and
// how often each page is asked for.
const (
	decisions = 10000
	requests  = 500
)

// BenchmarkPages reports for each page of the console, to an administrator who
// is logged in, how many bytes a browser reads for it with an empty cache, and
// how long it takes from the request to the last byte, on a kept connection of
// loopback. The history is long, and the relay is at work: 500 agents send.
func BenchmarkPages(b *testing.B) {
	s := openSite(b, 500, true, time.Second)
	began := time.Now()
	decideOften(b, s, decisions)
	perSave := time.Since(began) / decisions
	s.fleet.Put(b)
	for _, path := range []string{"/", rig.CloudServices, rig.CloudServices + "?from=5000", "/collected", "/sent", "/agent-configuration", "/account"} {
		b.Run("page="+path, func(b *testing.B) {
			v := newVisitor(s.admin)
			page := v.get(b, path)
			weight := page.bytes
			for _, asset := range assets(page.text(b)) {
				weight += v.get(b, asset).bytes
			}
			var times []time.Duration
			for range requests {
				times = append(times, v.get(b, path).took)
			}
			t := spreadOf(times)
			b.ReportMetric(float64(weight)/1000, "kB")
			b.ReportMetric(t.p50.Seconds()*1000, "ms-p50")
			b.ReportMetric(t.p99.Seconds()*1000, "ms-p99")
			b.ReportMetric(t.max.Seconds()*1000, "ms-max")
			b.ReportMetric(0, "ns/op")
		})
	}
	b.Logf("%d decisions in the history; one took %v", decisions, perSave)
}

// decideOften has an administrator change the level to and fro.
func decideOften(b *testing.B, s *site, times int) {
	b.Helper()
	client := *s.admin.Client
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	a := &rig.Admin{Console: s.admin.Console, Client: &client}
	level := []string{"enhanced", "standard"}
	for i := range times {
		revision := strconv.FormatInt(int64(s.Site.Metric(b, "tacit_relay_policy_revision")), 10)
		p := a.Post(b, rig.CloudServices, url.Values{
			"revision": {revision}, "release": {"1"}, "ceip": {"on"}, "csp": {"on"}, "level": {level[i%2]},
		})
		if p.Status != http.StatusSeeOther {
			b.Fatalf("decision %d was answered with %d: %s", i, p.Status, p.Text())
		}
	}
}

// asset finds what a page has a browser fetch.
var asset = regexp.MustCompile(`<(?:link|img|script)[^>]* (?:href|src)="(/[^"]*)"`)

func assets(page string) (paths []string) {
	for _, m := range asset.FindAllStringSubmatch(page, -1) {
		paths = append(paths, m[1])
	}
	return paths
}

// visitor asks for pages over one connection, and counts all that comes on it.
type visitor struct {
	admin  *rig.Admin
	client *http.Client
	read   atomic.Int64
}

func newVisitor(a *rig.Admin) *visitor {
	v := &visitor{admin: a}
	v.client = &http.Client{Jar: a.Client.Jar, Transport: &http.Transport{
		DisableCompression: true, // what is asked for by hand below is counted as it comes
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := new(net.Dialer).DialContext(ctx, network, address)
			return counted{c, &v.read}, err
		},
	}}
	return v
}

// counted counts what is read.
type counted struct {
	net.Conn
	n *atomic.Int64
}

func (c counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.n.Add(int64(n))
	return n, err
}

// answer is what came for a request.
type answer struct {
	body   []byte
	packed bool
	bytes  int64 // on the wire, in all
	took   time.Duration
}

// get fetches a path as a browser does.
func (v *visitor) get(b *testing.B, path string) answer {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, v.admin.Console+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	before, start := v.read.Load(), time.Now()
	resp, err := v.client.Do(r)
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	took := time.Since(start)
	if err != nil || resp.StatusCode != http.StatusOK || resp.Request.URL.RequestURI() != path {
		b.Fatalf("%s was answered with %d at %s: %v", path, resp.StatusCode, resp.Request.URL, err)
	}
	return answer{body, resp.Header.Get("Content-Encoding") == "gzip", v.read.Load() - before, took}
}

// text returns the body as it is shown.
func (a answer) text(b *testing.B) string {
	b.Helper()
	if !a.packed {
		return string(a.body)
	}
	r, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		b.Fatal(err)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		b.Fatal(err)
	}
	return string(body)
}
