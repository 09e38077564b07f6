package attack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
)

type object = map[string]any

// product reports as a product that says too much: every field that a product
// fills in holds secrets, or what identifies the host. taken says whether the
// agent takes anything at all.
func (s *story) product(taken bool) {
	never := append(secretsIn(inNever).all(), secretsIn(inErrorNever).all()...)
	s.post("/v1/never", object{"values": never}, http.StatusOK)
	s.errors(taken)
	s.records()
	s.strange()
	s.long()
	s.crashes()
	s.openTelemetry(taken)
}

// errors reports errors with text. What is the same for everybody is taken.
func (s *story) errors(taken bool) {
	texts := errorTexts()
	for _, own := range s.told {
		texts = append(texts, "permission denied: "+own, "open "+own+": permission denied", "permission denied for user="+own)
	}
	for _, user := range s.users {
		texts = append(texts, traces(user)...)
	}
	var records []object
	for _, text := range texts {
		records = append(records, object{"metric": "exception", "value": "PermissionError", "labels": object{"exception.message": text}})
	}
	for _, value := range secretsIn(inErrorValue).all() {
		records = append(records, object{"metric": "exception", "value": value, "labels": object{"exception.message": "permission denied"}})
	}
	answer := s.post("/v1/records", object{"product": object{"name": "tacit", "version": "0.1.0"}, "records": records}, http.StatusOK)
	if strings.Contains(answer, `"accepted"`) != taken {
		s.t.Errorf("error reports were accepted: %v, and should be: %v: %s", !taken, taken, answer)
	}
}

// errorTexts are the texts of a product's errors: of one line, and such of which
// the first line is clean and the stack behind it is not.
func errorTexts() []string {
	out := append(secretsIn(inErrorText).sentences(), secretsIn(inErrorNever).sentences()...)
	for _, said := range secretsIn(inStack).sentences() {
		out = append(out,
			"permission denied\n"+said, "permission denied\ngoroutine 7 [running]:\nmain.open()\n\tmain.go:42 +0x1d\ncaused by: "+said,
			"PermissionError\n  File \"app.py\", line 42, in open\n    raise PermissionError(\""+said+"\")\n")
	}
	return out
}

// records reports records, each with secrets in another field. None is taken.
func (s *story) records() {
	for i := range secretsIn(inMetric).all() {
		in := func(place string) string { return secretsIn(place).all()[i] }
		used := func(command string) object {
			return object{"metric": "tacit.command.used", "value": 1, "labels": object{"command": command}}
		}
		s.dropped("tacit", "0.1.0", used(in(inLabelValue)))
		s.dropped("tacit", "0.1.0", object{"metric": "tacit.command.used", "value": 1, "labels": object{"command": "up", in(inLabelName): "up"}})
		s.dropped("tacit", "0.1.0", object{"metric": in(inMetric), "value": 1})
		s.dropped("tacit", "0.1.0", object{"metric": "os.name", "value": in(inValue)})
		s.dropped("tacit", in(inVersion), used("up"))
		s.dropped(in(inProduct), "0.1.0", used("up"))
		s.dropped("tacit", "0.1.0", object{"metric": "tacit.error", "value": "other", "labels": object{"frames": "main." + in(inFrames) + ":7"}})
	}
}

func (s *story) dropped(product, version string, record object) {
	s.t.Helper()
	answer := s.post("/v1/records", object{"product": object{"name": product, "version": version}, "records": []object{record}}, http.StatusOK)
	if strings.Contains(answer, `"accepted"`) {
		s.t.Errorf("a record that no registry names was accepted: product %q, version %q, %v", product, version, record)
	}
}

// strange sends what is no request of the API.
func (s *story) strange() {
	field, query, header := secretsIn(inField), secretsIn(inQuery), secretsIn(inHeader)
	for i, value := range secretsIn(inBody).all() {
		path := url.PathEscape(secretsIn(inPath).all()[i])
		s.call(http.MethodPost, "/v1/records", `{"product": `+value+`, "x": "`+value, nil, http.StatusBadRequest)
		s.call(http.MethodPost, "/v1/never", `{"values": "`+value+`"}`, nil, http.StatusBadRequest)
		s.call(http.MethodPost, "/v1/records", fmt.Sprintf(`{%q: 1}`, field.all()[i]), nil, http.StatusBadRequest)
		s.call(http.MethodGet, "/v1/"+path, "", nil, http.StatusNotFound)
		s.call(http.MethodGet, "/v1/outbox/"+path, "", nil, 0)
		s.call(http.MethodGet, "/v1/status?"+url.QueryEscape(query.all()[i])+"=1", "", nil, http.StatusOK)
		s.call(http.MethodGet, "/v1/status", "", http.Header{"User-Agent": {header.all()[i]}, "X-Acme": {header.all()[i]}}, http.StatusOK)
	}
}

func (s *story) post(path string, body object, status int) string {
	s.t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.call(http.MethodPost, path, string(b), nil, status)
}

// call calls the local API, keeps the answer, and checks its status unless
// that is 0.
func (s *story) call(method, path, body string, header http.Header, status int) string {
	s.t.Helper()
	client := http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", filepath.Join(s.dir, "run", "agent.sock"))
		},
	}}
	r, err := http.NewRequestWithContext(s.t.Context(), method, "http://tacit"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	resp, err := client.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if status != 0 && resp.StatusCode != status {
		s.t.Errorf("%s %s: status %d, not %d: %s", method, path, resp.StatusCode, status, answer)
	}
	for name, values := range resp.Header {
		answer = fmt.Appendf(answer, "%s: %s\n", name, strings.Join(values, " "))
	}
	route, _, _ := strings.Cut(path, "?")
	of := ""
	if route == "/v1/status" {
		of = inName // see toldOnly
	}
	s.seen.answer("the answer to "+method+" "+route, of, answer)
	return string(answer)
}
