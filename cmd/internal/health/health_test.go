package health_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tacit-telemetry/tacit/cmd/internal/health"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

func get(t *testing.T, s *health.Server, method, path string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://"+s.Addr().String()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestHealth(t *testing.T) {
	var away atomic.Bool
	s, err := health.New(health.Config{
		Listen: testhost.FreeAddress(t),
		Ready: func() string {
			if away.Load() {
				return "the edge does not answer"
			}
			return ""
		},
		Counts: func() []health.Count {
			return []health.Count{
				{Name: "tacit_test_passed_total", Help: "Passed.", Number: 7},
				{Name: "tacit_test_here", Help: "Here.", Number: 2, Gauge: true},
				{Name: "tacit_test_refused_total", Help: "Refused.", Label: "reason", Value: "off", Number: 3},
				{Name: "tacit_test_refused_total", Help: "Refused.", Label: "reason", Value: "full", Number: 4},
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		away         bool
		method, path string
		status       int
		want         []string
	}{
		"lives":           {false, "GET", "/livez", 200, []string{"lives\n"}},
		"lives, and away": {true, "GET", "/livez", 200, []string{"lives\n"}},
		"ready":           {false, "GET", "/readyz", 200, []string{"ready\n"}},
		"not ready":       {true, "GET", "/readyz", 503, []string{"not ready: the edge does not answer\n"}},
		"counts": {false, "GET", "/metrics", 200, []string{
			"# TYPE tacit_test_passed_total counter\ntacit_test_passed_total 7\n", "# TYPE tacit_test_here gauge\ntacit_test_here 2\n",
			`tacit_test_refused_total{reason="full"} 4`, `tacit_test_refused_total{reason="off"} 3`, "go_goroutines ",
		}},
		"nothing else":    {false, "GET", "/", 404, nil},
		"changes nothing": {false, "POST", "/readyz", 405, nil},
	} {
		away.Store(c.away)
		status, body := get(t, s, c.method, c.path)
		if status != c.status {
			t.Errorf("%s: status %d, want %d", name, status, c.status)
		}
		for _, want := range c.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s: %q is missing in %s", name, want, body)
			}
		}
	}
	second, err := health.New(health.Config{Listen: s.Addr().String(), Ready: func() string { return "" }, Counts: func() []health.Count { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Start(t.Context()); err == nil {
		t.Error("two listen on one port")
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + s.Addr().String() + "/livez"); err == nil {
		t.Error("it answers after Stop")
	}
}

func TestAway(t *testing.T) {
	for listen, refused := range map[string]bool{
		"127.0.0.1:0": false, "127.9.9.9:1": false, "[::1]:0": false, "localhost:0": false, "[::ffff:127.0.0.1]:1": false,
		"0.0.0.0:1": true, "[::]:1": true, "192.0.2.1:1": true, "relay.example.com:1": true, ":1": true,
	} {
		_, err := health.New(health.Config{Listen: listen, Counts: func() []health.Count { return nil }})
		if errors.Is(err, health.ErrAway) != refused || err != nil != refused {
			t.Errorf("%s: %v", listen, err)
		}
	}
	if _, err := health.New(health.Config{Listen: "nowhere"}); err == nil {
		t.Error("took an address without a port")
	}
}
