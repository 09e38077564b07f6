package local_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/local"
)

// ask asks the routes without a network.
func ask(a local.Agent, method, path, body string) (code int, p local.Problem, raw string) {
	w := httptest.NewRecorder()
	local.Handler(a).ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	raw = w.Body.String()
	_ = json.Unmarshal([]byte(raw), &p) // a body that is no problem is left empty, and seen
	return w.Code, p, raw
}

// TestBadInput: each names the field or the fault, has a hint, and repeats
// nothing that was sent ("zoe" stands wherever something can).
func TestBadInput(t *testing.T) {
	one := func(record string) string {
		return `{"product":{"name":"finder","version":"1"},"records":[` + record + `]}`
	}
	for name, c := range map[string]struct {
		path, body string
		code       int
		says       string
	}{
		"nothing":             {"/v1/records", ``, 400, "not a request"},
		"no JSON":             {"/v1/records", `zoe`, 400, "not JSON, at byte 1"},
		"torn":                {"/v1/records", `{"product":{"name":"zoe`, 400, "not"},
		"another shape":       {"/v1/records", `["zoe"]`, 400, "is not a"},
		"unknown field":       {"/v1/records", `{"zoe":1}`, 400, "not a request"},
		"more after it":       {"/v1/never", `{"values":["zoe"]}{"values":[]}`, 400, "follows"},
		"a bracket after it":  {"/v1/never", `{"values":["zoe"]}}`, 400, "follows"},
		"text after it":       {"/v1/never", `{"values":["zoe"]} zoe`, 400, "follows"},
		"metric is a number":  {"/v1/records", one(`{"metric":5,"value":1}`), 400, `"records.metric"`},
		"time is a text":      {"/v1/records", one(`{"metric":"m","time":"zoe","value":1}`), 400, `"records.time"`},
		"label is a number":   {"/v1/records", one(`{"metric":"m","value":1,"labels":{"zoe":5}}`), 400, `"records.labels`},
		"product is a text":   {"/v1/records", `{"product":"zoe","records":[]}`, 400, `"product"`},
		"value is a fraction": {"/v1/records", one(`{"metric":"m","value":1.5}`), 400, "whole number"},
		"value is null":       {"/v1/records", one(`{"metric":"m","value":null}`), 400, "whole number"},
		"value is an object":  {"/v1/records", one(`{"metric":"m","value":{"zoe":1}}`), 400, "whole number"},
		"values is a text":    {"/v1/never", `{"values":"zoe"}`, 400, `"values"`},
		"on is a text":        {"/v1/participation", `{"on":"zoe"}`, 400, `"on"`},
		"too many records":    {"/v1/records", one(strings.TrimSuffix(strings.Repeat(`{"metric":"zoe","value":1},`, local.MaxRecords+1), ",")), 400, "1001 records"},
		"too many values":     {"/v1/never", `{"values":[` + strings.TrimSuffix(strings.Repeat(`"zoe",`, local.MaxValues+1), ",") + `]}`, 400, "10001 values"},
		"too long":            {"/v1/records", one(`{"metric":"` + strings.Repeat("zoe", local.MaxBody/3) + `","value":1}`), 413, "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			a := new(agent)
			code, p, raw := ask(a, http.MethodPost, c.path, c.body)
			if code != c.code || !strings.Contains(p.Message, c.says) || p.Hint == "" {
				t.Errorf("%d %q, want %d and %q", code, raw, c.code, c.says)
			}
			if strings.Contains(raw, "zoe") {
				t.Errorf("repeats what was sent: %s", raw)
			}
			if a.took != nil || a.never != nil {
				t.Error("the agent was asked all the same")
			}
		})
	}
}

func TestWithinBounds(t *testing.T) {
	body := `{"product":{"name":"finder","version":"1"},"records":[` +
		strings.TrimSuffix(strings.Repeat(`{"metric":"known","value":1},`, local.MaxRecords), ",") + `]}`
	if code, _, raw := ask(new(agent), http.MethodPost, "/v1/records", body); code != http.StatusOK {
		t.Errorf("%d records: %d %s", local.MaxRecords, code, raw)
	}
	a := new(agent)
	if code, _, raw := ask(a, http.MethodPost, "/v1/records", `{"product":{"name":"finder","version":"1"},"records":[{"metric":"known"}]}`); code != http.StatusOK || a.took[0].Value.Kind != 0 {
		t.Errorf("no value: %d %s: it is the registry's to refuse", code, raw)
	}
}

// TestNotARoute: every answer that is not a success is a problem with a hint.
func TestNotARoute(t *testing.T) {
	for name, c := range map[string]struct {
		method, path string
		code         int
	}{
		"unknown path":        {http.MethodGet, "/zoe", http.StatusNotFound},
		"another version":     {http.MethodGet, "/v2/why", http.StatusNotFound},
		"another method":      {http.MethodGet, "/v1/send", http.StatusNotFound},
		"no such entry":       {http.MethodGet, "/v1/outbox/99", http.StatusNotFound},
		"entry not a number":  {http.MethodGet, "/v1/outbox/zoe", http.StatusBadRequest},
		"entry below zero":    {http.MethodGet, "/v1/outbox/-1", http.StatusBadRequest},
		"entry beyond number": {http.MethodGet, "/v1/outbox/99999999999999999999", http.StatusBadRequest},
	} {
		code, p, raw := ask(new(agent), c.method, c.path, "")
		if code != c.code || p.Message == "" || p.Hint == "" || strings.Contains(raw, "zoe") {
			t.Errorf("%s: %d %q, want %d, a message and a hint", name, code, raw, c.code)
		}
	}
}

func TestSpoolFails(t *testing.T) {
	a := &agent{fail: fmt.Errorf("write /home/zoe/spool: %w", errDisk)}
	code, p, raw := ask(a, http.MethodPost, "/v1/records", `{"product":{"name":"finder","version":"1"},"records":[{"metric":"known","value":1}]}`)
	if code != http.StatusServiceUnavailable || p.Hint == "" || strings.Contains(raw, "zoe") || strings.Contains(raw, local.Accepted) {
		t.Errorf("%d %s, want to be asked to try again", code, raw)
	}
}

var errDisk = fmt.Errorf("no space left on device")

// FuzzRecords gives any body: it is answered, and repeated nowhere.
func FuzzRecords(f *testing.F) {
	f.Add(`{"product":{"name":"finder","version":"1"},"records":[{"metric":"known","value":true,"labels":{"a":"b"}}]}`)
	f.Add(`{"records":[{"value":1e400}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/v1/records", "/v1/never", "/v1/participation"} {
			code, p, raw := ask(new(agent), http.MethodPost, path, body)
			if code != http.StatusOK && (code < 400 || code >= 500 || p.Message == "" || p.Hint == "") {
				t.Errorf("%s: %d %s", path, code, raw)
			}
		}
	})
}
