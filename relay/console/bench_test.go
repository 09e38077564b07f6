package console

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tacit-telemetry/tacit/relay/policy"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

// BenchmarkPages reports the server's time for each page, without the network:
// the mean, and the time that one in a hundred exceeds.
func BenchmarkPages(b *testing.B) {
	p, err := policy.Open(policy.Config{Dir: filepath.Join(b.TempDir(), "policy"), Witness: filepath.Join(b.TempDir(), "witness"), Release: 1})
	if err != nil {
		b.Fatal(err)
	}
	for i := range 100 {
		s := policy.Settings{CEIP: wire.Switch(1 + i%2), CSP: wire.SwitchOn, Level: "standard"}
		if _, err := p.Save(b.Context(), "anna", p.Wire().Revision, s, 1); err != nil {
			b.Fatal(err)
		}
	}
	c, err := New(Config{
		Dir: filepath.Join(b.TempDir(), "console"), Policy: p, Stats: func() Stats { return Stats{} }, AgentFile: func() AgentFile { return AgentFile{} },
		Agent: fullAgent{},
	})
	if err != nil {
		b.Fatal(err)
	}
	cookie := enter(b, c)
	for _, path := range []string{"/", "/cloud-services", "/collected", "/sent", "/agent-configuration"} {
		b.Run(strings.Trim(path, "/"), func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), http.MethodGet, "http://localhost"+path, nil)
				r.Header.Set("Accept-Encoding", "gzip")
				r.AddCookie(cookie)
				w, begin := httptest.NewRecorder(), time.Now()
				c.Handler().ServeHTTP(w, r)
				if times = append(times, time.Since(begin)); w.Code != http.StatusOK {
					b.Fatal(w.Code)
				}
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}

// enter sets the first account up and returns its session.
func enter(b *testing.B, c *Console) *http.Cookie {
	b.Helper()
	code, err := c.SetupCode()
	if err != nil {
		b.Fatal(err)
	}
	form := url.Values{"code": {code}, "name": {"anna"}, "password": {"a long enough sentence"}, "password-again": {"a long enough sentence"}}
	r := httptest.NewRequestWithContext(b.Context(), http.MethodPost, "http://localhost/setup", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	c.Handler().ServeHTTP(w, r)
	for _, cookie := range w.Result().Cookies() {
		if cookie.Name == "session" {
			return cookie
		}
	}
	b.Fatalf("no session after setup: %d", w.Code)
	return nil
}

// fullAgent previews as many rows as the page shows.
type fullAgent struct{}

func (fullAgent) Preview(context.Context) (Preview, error) {
	rows := make([]Row, shownRows)
	for i := range rows {
		rows[i] = Row{Time: "2026-11-21T21:00:00Z", Product: "tacit 1.0.0", Metric: "tacit.command.used", Labels: "command=why", Value: "1"}
	}
	return Preview{Sends: true, Envelopes: []Envelope{{Kind: KindPage, Release: 1, Rows: rows}}}, nil
}
