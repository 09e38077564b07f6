package agent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/otlp"
	"github.com/tacit-telemetry/tacit/internal/testhost"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// takesTelemetry is a product whose clicks are spans.
const takesTelemetry = `release: 1
base: [{release: 1, from: 1}]
products:
  - name: finder
    modules: [example.com/finder]
metrics:
  - name: finder.click
    description: Somebody clicked.
    category: feature_usage
    programme: ceip
    level: standard
    type: counter
    unit: "{click}"
    treatment: keep
    otlp: [{span: click}]
    page: true
    owner: telemetry@example.com
    purpose: To test.
    review: https://example.com/review
    since: 1
    expires: never
`

// send sends two spans as a stock SDK does, and returns the status of the answer.
func send(t *testing.T, address string) int {
	t.Helper()
	const body = `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"finder"}}]},"scopeSpans":[{"spans":[
		{"name":"click","startTimeUnixNano":"1","endTimeUnixNano":"2"},{"name":"secret thing"}]}]}]}`
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+address+"/v1/traces", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", "application/json")
	c := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestTelemetry: what is mapped is told, what is not stands in the status alone,
// and a host that does not take part takes nothing and says nothing of it.
func TestTelemetry(t *testing.T) {
	l, err := otlp.Listen(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *agent.Config) {
		c.OTLP = l
		if c.Registry, err = registry.Overlay(nil, registry.File{Name: "finder.yaml", Data: []byte(takesTelemetry)}); err != nil {
			t.Fatal(err)
		}
	})
	c, address := h.start(), l.Addr().String()
	if code := send(t, address); code != http.StatusOK || h.told("finder.click") != 1 {
		t.Errorf("answered %d, and told %d times", code, h.told("finder.click"))
	}
	if _, err := c.Participate(t.Context(), local.Participate{}); err != nil {
		t.Fatal(err)
	}
	if code := send(t, address); code != http.StatusOK || h.told("finder.click") != 1 {
		t.Errorf("answered %d while off, and told %d times", code, h.told("finder.click"))
	}
	status, err := c.Status(t.Context())
	want := []local.Unmapped{{Of: "request", Why: "off", Count: 1}, {Of: "span", Name: "secret thing", Why: "unmapped", Count: 1}}
	if err != nil || len(status.Unmapped) != 2 || status.Unmapped[0] != want[0] || status.Unmapped[1] != want[1] {
		t.Errorf("counted %+v, %v, want %+v", status.Unmapped, err, want)
	}
}

// TestTelemetryEnds: the listener goes with an agent that was never started.
func TestTelemetryEnds(t *testing.T) {
	address := testhost.FreeAddress(t)
	l, err := otlp.Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, func(c *agent.Config) { c.OTLP = l })
	h.stop()
	h.stop()
	again, err := otlp.Listen(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}
