package attack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

// reporter is a product that emits for OpenTelemetry. What it says itself is left
// out of the wire.
var reporter = caller{"a product that emits for OpenTelemetry", "127.66.177.204"}

// openTelemetry emits what a product may emit, with secrets in every text of it:
// where something is registered beside them, and where nothing is; and then what is
// no request, or is too long. taken says whether the agent takes anything at all.
func (s *story) openTelemetry(taken bool) {
	says := func(status int) int {
		if !taken {
			return 0 // it does not look at what it does not take
		}
		return status
	}
	s.emits("/v1/logs", "application/json", list("resourceLogs", "scopeLogs", "logRecords", logRecords), says(http.StatusOK))
	s.emits("/v1/traces", "application/json", list("resourceSpans", "scopeSpans", "spans", someSpans), says(http.StatusOK))
	s.emits("/v1/metrics", "application/json", list("resourceMetrics", "scopeMetrics", "metrics", someMetrics), says(http.StatusOK))
	for i, text := range secretsIn(inTelemetry).all() {
		signal := []string{"/v1/logs", "/v1/traces", "/v1/metrics"}[i%3]
		s.emits(signal, "application/json", fmt.Appendf(nil, `{"resourceLogs": [{%q: %q, "x": "%s`, text, text, text), says(http.StatusBadRequest))
		s.emits(signal, "application/x-protobuf", fmt.Appendf(nil, "\x0a\xff\x7f%s", text), says(http.StatusBadRequest))
		s.emits(signal, text, []byte(text), says(http.StatusUnsupportedMediaType))
	}
	const most = 4 << 20
	long := strings.Join(secretsIn(inLong).sentences(), " ")
	s.emits("/v1/logs", "application/json", bytes.Repeat([]byte(long), 1+most/len(long)), says(http.StatusRequestEntityTooLarge))
}

// list is a request with a resource for each text: one that is registered, and one
// by a name that is not.
func list(resources, scopes, items string, of func(text, name string) []object) []byte {
	var all []object
	texts, names := secretsIn(inTelemetry).sentences(), secretsIn(inName).all()
	for i, text := range texts {
		name := names[i%len(names)]
		for _, service := range []string{"finder", name} {
			resource := []object{
				attribute("service.name", service), attribute("service.version", "5.3.1"), attribute("host.name", text), attribute("enduser.id", text),
				attribute("process.command_line", text), attribute(text, text),
			}
			all = append(all, object{
				"resource": object{"attributes": resource}, "schemaUrl": text,
				scopes: []object{{"scope": object{"name": text, "version": text, "attributes": []object{attribute("x", text)}}, items: of(text, name)}},
			})
		}
	}
	b, err := json.Marshal(object{resources: all})
	if err != nil {
		panic(err) // texts and lists of them
	}
	return b
}

func attribute(key, text string) object {
	return object{"key": key, "value": object{"stringValue": text}}
}

// exception has a text in each attribute but its type.
func exception(kind, text string) []object {
	return []object{
		attribute("exception.type", kind), attribute("exception.message", text), attribute("exception.stacktrace", text+"\n    at open ("+text+":7:1)"),
		attribute("exception.escaped", text), attribute("operation", text), attribute("frames", text),
	}
}

func now() string { return fmt.Sprint(time.Now().UnixNano()) }

func logRecords(text, name string) []object {
	record := func(attributes []object) object {
		return object{"timeUnixNano": now(), "severityText": text, "body": object{"stringValue": text}, "attributes": attributes}
	}
	named := record([]object{attribute("url.full", text)})
	named["eventName"] = name
	return []object{record(exception("TypeError", text)), record(exception(text, text)), record([]object{attribute("event.name", name)}), named}
}

func someSpans(text, name string) []object {
	span := func(name string, events ...object) object {
		return object{
			"name": name, "traceState": text, "startTimeUnixNano": now(), "endTimeUnixNano": now(), "status": object{"code": 2, "message": text},
			"attributes": []object{attribute("operation", "search"), attribute("url.full", text), attribute(text, text)},
			"events":     events, "links": []object{{"traceState": text, "attributes": []object{attribute("x", text)}}},
		}
	}
	failed := object{"name": "exception", "timeUnixNano": now(), "attributes": exception("RangeError", text)}
	return []object{span("finder.operation", failed, object{"name": text, "attributes": []object{attribute("x", text)}}), span(name)}
}

func someMetrics(text, name string) []object {
	metric := func(name string) object {
		point := object{
			"asInt": "1", "startTimeUnixNano": now(), "timeUnixNano": now(), "attributes": []object{attribute("menu", "open"), attribute("who", text)},
			"exemplars": []object{{"asInt": "1", "timeUnixNano": now(), "filteredAttributes": []object{attribute("x", text)}}},
		}
		return object{"name": name, "description": text, "unit": text, "sum": object{"aggregationTemporality": 1, "isMonotonic": true, "dataPoints": []object{point}}}
	}
	return []object{metric("finder.menu.used"), metric(name)}
}

// emits sends a request, keeps the answer, and checks its status unless that is 0.
func (s *story) emits(path, kind string, body []byte, status int) {
	s.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(reporter.at)}}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true, DialContext: d.DialContext}}
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodPost, s.otlp+path, bytes.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", kind)
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
		s.t.Errorf("OpenTelemetry's %s of %s: status %d, not %d: %s", path, kind, resp.StatusCode, status, answer)
	}
	s.seen.add("the answer to OpenTelemetry's "+path, answer)
}
