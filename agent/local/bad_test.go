package local_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/schema"
)

// ask asks the routes without a network.
func ask(a local.Agent, method, path, body string) (code int, p local.Problem, raw string) {
	w := httptest.NewRecorder()
	local.Handler(a).ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
	raw = w.Body.String()
	_ = json.Unmarshal([]byte(raw), &p) // a body that is no problem is left empty, and seen
	return w.Code, p, raw
}

// TestBadInput: each names the field or the fault, has a hint, is counted, and
// repeats nothing that was sent ("zoe" stands wherever something can).
func TestBadInput(t *testing.T) {
	one := func(record string) string {
		return `{"product":{"name":"finder","version":"1"},"records":[` + record + `]}`
	}
	for name, c := range map[string]struct {
		path, body string
		code       int
		says       string
	}{
		"nothing":              {"/v1/records", ``, 400, "is empty"},
		"white space":          {"/v1/records", " \n", 400, "is empty"},
		"no JSON":              {"/v1/records", `zoe`, 400, "not JSON, at byte 1"},
		"torn":                 {"/v1/records", `{"product":{"name":"zoe`, 400, "not JSON, at byte 24"},
		"torn in an escape":    {"/v1/records", `{"product":{"name":"zoe\`, 400, "not JSON, at byte 20"},
		"torn in a list":       {"/v1/records", `{"records":[{"metric":"zoe"},`, 400, "not JSON"},
		"another shape":        {"/v1/records", `["zoe"]`, 400, "is not an object"},
		"unknown field":        {"/v1/records", `{"zoe":1}`, 400, "the request has a field that"},
		"in another case":      {"/v1/records", `{"Product":{"name":"zoe"}}`, 400, "the request has a field that"},
		"unknown in a record":  {"/v1/records", one(`{"metric":"m","value":1},{"zoe":1}`), 400, `"records[1]" has a field that`},
		"unknown in a product": {"/v1/records", `{"product":{"zoe":1}}`, 400, `"product" has a field that`},
		"deep":                 {"/v1/records", one(strings.Repeat(`{"metric":`, 100_000)), 400, `"records[0].metric" is not a text`},
		"deep list":            {"/v1/never", strings.Repeat(`[`, 500_000), 400, "is not an object"},
		"deep label":           {"/v1/records", one(`{"metric":"m","value":1,"labels":{"zoe":` + strings.Repeat(`[`, 100_000)), 400, `"records[0].labels" is not an object of texts`},
		"field twice":          {"/v1/records", `{"quiet":true,"records":[],"quiet":false}`, 400, `"quiet" is there twice`},
		"record field twice":   {"/v1/records", one(`{"metric":"m","value":1,"metric":"zoe"}`), 400, `"records[0].metric" is there twice`},
		"escaped field twice":  {"/v1/records", one(`{"metric":"m","value":1,"m\u0065tric":"zoe"}`), 400, `"records[0].metric" is there twice`},
		"label twice":          {"/v1/records", one(`{"metric":"m","value":1,"labels":{"zoe":"a","b":"c","zoe":"d"}}`), 400, `"records[0].labels" names one label twice`},
		"on twice":             {"/v1/participation", `{"on":true,"on":false}`, 400, `"on" is there twice`},
		"no comma":             {"/v1/records", one(`{"metric":"m" "value":1}`), 400, "not JSON"},
		"a comma too much":     {"/v1/records", one(`{"metric":"m","value":1,}`), 400, "not JSON"},
		"no colon":             {"/v1/records", `{"quiet" true}`, 400, "not JSON"},
		"no quotes":            {"/v1/records", `{zoe:true}`, 400, "not JSON, at byte 2"},
		"line in a text":       {"/v1/records", one("{\"metric\":\"zoe\n\",\"value\":1}"), 400, "not JSON"},
		"no escape":            {"/v1/records", one(`{"metric":"zoe\x","value":1}`), 400, "not JSON"},
		"not UTF-8":            {"/v1/records", "{\"product\":{\"name\":\"zoe\xff\"}}", 400, "not UTF-8, at byte 24"},
		"not UTF-8, a value":   {"/v1/never", "{\"values\":[\"zo\xc3\"]}", 400, "not UTF-8, at byte 15"},
		"more after it":        {"/v1/never", `{"values":["zoe"]}{"values":[]}`, 400, "follows"},
		"a bracket after it":   {"/v1/never", `{"values":["zoe"]}}`, 400, "follows"},
		"text after it":        {"/v1/never", `{"values":["zoe"]} zoe`, 400, "follows"},
		"metric is a number":   {"/v1/records", one(`{"metric":5,"value":1}`), 400, `"records[0].metric" is not a text`},
		"time is a text":       {"/v1/records", one(`{"metric":"m","time":"zoe","value":1}`), 400, `"records[0].time" is not a whole number`},
		"time is a fraction":   {"/v1/records", one(`{"metric":"m","time":1795000000.25,"value":1}`), 400, `"records[0].time" is not a whole number`},
		"label is a number":    {"/v1/records", one(`{"metric":"m","value":1,"labels":{"zoe":5}}`), 400, `"records[0].labels" is not an object of texts`},
		"labels is a list":     {"/v1/records", one(`{"metric":"m","value":1,"labels":["zoe"]}`), 400, `"records[0].labels" is not an object of texts`},
		"product is a text":    {"/v1/records", `{"product":"zoe","records":[]}`, 400, `"product" is not an object`},
		"version is a number":  {"/v1/records", `{"product":{"name":"zoe","version":5}}`, 400, `"product.version" is not a text`},
		"records is an object": {"/v1/records", `{"records":{"zoe":1}}`, 400, `"records" is not a list`},
		"quiet is a number":    {"/v1/records", `{"quiet":1}`, 400, `"quiet" is not true or false`},
		"count is a text":      {"/v1/records", one(`{"metric":"m","value":1,"count":"zoe"}`), 400, `"records[0].count" is not a whole number`},
		"count is a fraction":  {"/v1/records", one(`{"metric":"m","value":1,"count":1.5}`), 400, `"records[0].count" is not a whole number`},
		"value is a fraction":  {"/v1/records", one(`{"metric":"m","value":1.5}`), 400, `"records[0].value": value must be a whole number`},
		"value is 1e3":         {"/v1/records", one(`{"metric":"m","value":1e3}`), 400, "whole number"},
		"value is huge":        {"/v1/records", one(`{"metric":"m","value":` + strings.Repeat("9", 100_000) + `}`), 400, "whole number"},
		"value beyond floats":  {"/v1/records", one(`{"metric":"m","value":1e400}`), 400, "whole number"},
		"value begins with 0":  {"/v1/records", one(`{"metric":"m","value":01}`), 400, "not JSON"},
		"value is a minus":     {"/v1/records", one(`{"metric":"m","value":-}`), 400, "not JSON"},
		"value is half":        {"/v1/records", one(`{"metric":"m","value":1.}`), 400, "not JSON"},
		"value is NaN":         {"/v1/records", one(`{"metric":"m","value":NaN}`), 400, "not JSON"},
		"value is infinite":    {"/v1/records", one(`{"metric":"m","value":Infinity}`), 400, "not JSON"},
		"value below all":      {"/v1/records", one(`{"metric":"m","value":-Infinity}`), 400, "not JSON"},
		"value is null":        {"/v1/records", one(`{"metric":"m","value":null}`), 400, "whole number"},
		"value is an object":   {"/v1/records", one(`{"metric":"m","value":{"zoe":1}}`), 400, "whole number"},
		"values is a text":     {"/v1/never", `{"values":"zoe"}`, 400, `"values" is not a list`},
		"a value is a number":  {"/v1/never", `{"values":["zoe",5]}`, 400, `"values" is not a text`},
		"on is a text":         {"/v1/participation", `{"on":"zoe"}`, 400, `"on" is not true or false`},
		"on is missing":        {"/v1/participation", `{"purge":true}`, 400, `"on" is missing`},
		"on is null":           {"/v1/participation", `{"on":null}`, 400, `"on" is missing`},
		"too many records":     {"/v1/records", one(strings.TrimSuffix(strings.Repeat(`{"metric":"zoe","value":1},`, local.MaxRecords+1), ",")), 400, "more than 1000 records"},
		"too many values":      {"/v1/never", `{"values":[` + strings.TrimSuffix(strings.Repeat(`"zoe",`, local.MaxValues+1), ",") + `]}`, 400, "more than 10000 values"},
		"too long":             {"/v1/records", one(`{"metric":"` + strings.Repeat("zoe", local.MaxBody/3) + `","value":1}`), 413, "too long"},
		"ten megabytes":        {"/v1/records", one(`{"metric":"` + strings.Repeat("z", 10<<20) + `","value":1}`), 413, "too long"},
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
			if a.took != nil || a.never != nil || a.asked != (local.Participate{}) {
				t.Error("the agent was asked all the same")
			}
		})
	}
}

// TestBadInputIsCounted: by reason, for whoever looks at the status.
func TestBadInputIsCounted(t *testing.T) {
	h := local.Handler(new(agent))
	post := func(body string) {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/v1/records", strings.NewReader(body)))
	}
	for range 3 {
		post("{")
	}
	post(strings.Repeat(" ", local.MaxBody+1))
	post(`{"records":[]}`)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/status", nil))
	var s local.Status
	if err := json.Unmarshal(w.Body.Bytes(), &s); err != nil || !maps.Equal(s.RequestsRefused, map[string]uint64{"bad_request": 3, "too_long": 1}) {
		t.Errorf("%v, %v", s.RequestsRefused, err)
	}
}

// TestUnusualInput is taken: it is JSON, and the registry judges the rest.
func TestUnusualInput(t *testing.T) {
	for in, want := range map[string]schema.Record{
		`{"metric":"known","value":-0}`:                                          {Metric: "known", Value: schema.Number(0)},
		`{"value":-9223372036854775808,"metric":"kn\u006fwn"}`:                   {Metric: "known", Value: schema.Number(-1 << 63)},
		` { "m\u0065tric" : "known" , "value" : true , "labels" : { } } `:        {Metric: "known", Value: schema.Number(1)},
		`{"metric":"known","value":"\"\\\u00e9\ud83d\ude00","labels":null}`:      {Metric: "known", Value: schema.Text("\"\\é😀")},
		`{"metric":"known","value":1,"time":-5,"labels":{"b":"2","":"","a":""}}`: {Metric: "known", Time: -5, Value: schema.Number(1), Labels: []schema.Label{{}, {Name: "a"}, {Name: "b", Value: "2"}}},
		`{"metric":"known","value":5,"count":1000000}`:                           {Metric: "known", Value: schema.Number(5), Count: 1_000_000},
		`{"metric":"known","value":5,"count":null,"time":null}`:                  {Metric: "known", Value: schema.Number(5)},
		`{"metric":"known","value":5,"count":-1}`:                                {Metric: "known", Value: schema.Number(5), Count: math.MaxUint32},
		`{"metric":"known","value":5,"count":99999999999}`:                       {Metric: "known", Value: schema.Number(5), Count: math.MaxUint32},
	} {
		a := new(agent)
		code, _, raw := ask(a, http.MethodPost, "/v1/records", `{"records":[`+in+`],"product":{"version":"1","name":"finder"}}`)
		want.Product = schema.Product{Name: "finder", Version: "1"}
		if code != http.StatusOK || len(a.took) != 1 || !reflect.DeepEqual(a.took[0], want) {
			t.Errorf("%s: %d %s, took %+v, want %+v", in, code, raw, a.took, want)
		}
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

// TestSenderIsGone: what was sent is taken although nobody waits for the answer.
func TestSenderIsGone(t *testing.T) {
	a, w := new(agent), httptest.NewRecorder()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequest(http.MethodPost, "/v1/records", strings.NewReader(`{"product":{"name":"finder","version":"1"},"records":[{"metric":"known","value":1}]}`))
	local.Handler(a).ServeHTTP(w, r.WithContext(ctx))
	if w.Code != http.StatusOK || len(a.took) != 1 {
		t.Errorf("%d %s, took %+v", w.Code, w.Body, a.took)
	}
}

var errDisk = fmt.Errorf("no space left on device")

// FuzzRecords gives any body: it is answered, repeated nowhere, and what is
// taken is what encoding/json reads. What that writes is always taken.
func FuzzRecords(f *testing.F) {
	f.Add(`{"product":{"name":"finder","version":"1"},"records":[{"metric":"known","value":true,"labels":{"a":"b"}}]}`)
	f.Add(`{"records":[{"value":1e400}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, path := range []string{"/v1/records", "/v1/never", "/v1/participation"} {
			a := new(agent)
			code, p, raw := ask(a, http.MethodPost, path, body)
			if code != http.StatusOK && (code < 400 || code >= 500 || p.Message == "" || p.Hint == "") {
				t.Errorf("%s: %d %s", path, code, raw)
			}
			if path == "/v1/records" && code == http.StatusOK {
				checkAgain(t, body, a.took)
			}
		}
	})
}

// checkAgain reads a body with encoding/json, writes it, and offers that.
func checkAgain(t *testing.T, body string, took []schema.Record) {
	t.Helper()
	var req local.Records
	d := json.NewDecoder(strings.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&req); err != nil {
		for _, r := range took {
			if r.Count == math.MaxUint32 {
				return // encoding/json does not take what is beyond its type
			}
		}
		t.Fatalf("taken, and encoding/json says %v", err)
	}
	for _, r := range req.Records {
		if r.Value.Kind == 0 {
			return // there is none, which cannot be written
		}
	}
	b, err := json.Marshal(req)
	if err != nil {
		t.Fatal(err)
	}
	a := new(agent)
	if code, _, raw := ask(a, http.MethodPost, "/v1/records", string(b)); code != http.StatusOK || !reflect.DeepEqual(a.took, took) {
		t.Errorf("%d %s, took %+v, want %+v", code, raw, a.took, took)
	}
}
