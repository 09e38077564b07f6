package otlp_test

import (
	"bytes"
	"compress/gzip"
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	resource "go.opentelemetry.io/proto/otlp/resource/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"go.uber.org/goleak"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/otlp"
	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

//go:embed testdata/finder.yaml
var finderYAML []byte

var finderRegistry = sync.OnceValues(func() (*registry.Registry, error) {
	return registry.Overlay(nil, registry.File{Name: "finder.yaml", Data: finderYAML})
})

func newRegistry(t testing.TB) *registry.Registry {
	t.Helper()
	r, err := finderRegistry()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// noon is when the receivers of tests start.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// at is a moment after noon, in Unix nanoseconds.
func at(seconds int) uint64 { return uint64(noon.Add(time.Duration(seconds) * time.Second).UnixNano()) }

// house is a receiver whose records a test keeps.
type house struct {
	*otlp.Receiver
	t testing.TB

	mu   sync.Mutex
	took []schema.Record
	off  bool
	fail error
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t}
	h.Receiver = otlp.New(otlp.Config{
		Registry: newRegistry(t), Taker: h, MayCollect: func() bool { return !h.off },
		Identifies: func(name string) bool { return strings.Contains(name, "kvarnbacken") },
		Now:        func() time.Time { return noon },
	})
	return h
}

// Take keeps what the registry takes, as treated.
func (h *house) Take(_ context.Context, records []schema.Record, _ bool) ([]intake.Answer, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.fail != nil {
		return nil, h.fail
	}
	by, out := anon.Treatments{Registry: newRegistry(h.t)}, make([]intake.Answer, len(records))
	for i := range records {
		treated, err := by.Apply(records[i])
		if err != nil {
			out[i].Reason = registry.Reason(err)
			continue
		}
		out[i].Accepted = true
		h.took = append(h.took, treated)
	}
	return out, nil
}

// taken returns what was taken since it was asked last, one line a record.
func (h *house) taken() (lines []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.took {
		line := fmt.Sprintf("%s %s %s=%v", time.Unix(r.Time, 0).UTC().Format(time.TimeOnly), r.Product.Version, r.Metric, r.Value.Any())
		for _, l := range r.Labels {
			line += " " + l.Name + "=" + l.Value
		}
		if r.Count > 1 {
			line += fmt.Sprintf(" ×%d", r.Count)
		}
		lines = append(lines, line)
	}
	h.took = nil
	return lines
}

// dropped returns what was dropped so far, one line a count.
func (h *house) dropped() (lines []string) {
	for _, c := range h.Dropped() {
		lines = append(lines, fmt.Sprintf("%s %q %s %d", c.Of, c.Name, c.Why, c.Count))
	}
	return lines
}

// asked is a request with the headers of an SDK, until a test changes it.
func asked(path, kind string, body []byte) *http.Request {
	q := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body))
	q.Host = "localhost:4318"
	q.Header.Set("Content-Type", kind)
	return q
}

// answer serves a request.
func (h *house) answer(q *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, q)
	return w
}

// post sends a message in a content type, which must be answered with nothing but
// success.
func (h *house) post(kind string, m proto.Message) {
	h.t.Helper()
	w := h.answer(asked(pathOf(m), kind, encode(h.t, kind, m)))
	want := ""
	if kind == jsonType {
		want = "{}"
	}
	if w.Code != http.StatusOK || w.Body.String() != want || w.Header().Get("Content-Type") != kind {
		h.t.Errorf("answered %d %q of type %q", w.Code, w.Body, w.Header().Get("Content-Type"))
	}
}

const (
	protobufType = "application/x-protobuf"
	jsonType     = "application/json"
)

func pathOf(m proto.Message) string {
	switch m.(type) {
	case *trace.TracesData:
		return "/v1/traces"
	case *metrics.MetricsData:
		return "/v1/metrics"
	}
	return "/v1/logs"
}

// encode writes a message as an SDK does, with the library that SDKs are made
// with: only IDs are of another form in JSON, and no test has any but for that.
func encode(t testing.TB, kind string, m proto.Message) []byte {
	t.Helper()
	b, err := proto.Marshal(m)
	if kind == jsonType {
		b, err = protojson.MarshalOptions{UseEnumNumbers: true}.Marshal(m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func packed(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// pair is an attribute of a text, a whole number, or true and false.
func pair(name string, value any) *common.KeyValue {
	v := &common.AnyValue{}
	switch value := value.(type) {
	case string:
		v.Value = &common.AnyValue_StringValue{StringValue: value}
	case int:
		v.Value = &common.AnyValue_IntValue{IntValue: int64(value)}
	case bool:
		v.Value = &common.AnyValue_BoolValue{BoolValue: value}
	case []byte:
		v.Value = &common.AnyValue_BytesValue{BytesValue: value}
	}
	return &common.KeyValue{Key: name, Value: v}
}

// of is a product's resource, with what an SDK finds out by itself.
func of(product string, more ...*common.KeyValue) *resource.Resource {
	return &resource.Resource{Attributes: append([]*common.KeyValue{
		pair("host.name", "SECRET-HOST"), pair("service.name", product), pair("service.version", "1.2.3"), pair("telemetry.sdk.language", "go"),
	}, more...)}
}

func spans(r *resource.Resource, all ...*trace.Span) *trace.TracesData {
	return &trace.TracesData{ResourceSpans: []*trace.ResourceSpans{{Resource: r, ScopeSpans: []*trace.ScopeSpans{{Spans: all}}}}}
}

func records(r *resource.Resource, all ...*logs.LogRecord) *logs.LogsData {
	return &logs.LogsData{ResourceLogs: []*logs.ResourceLogs{{Resource: r, ScopeLogs: []*logs.ScopeLogs{{LogRecords: all}}}}}
}

func instruments(r *resource.Resource, all ...*metrics.Metric) *metrics.MetricsData {
	return &metrics.MetricsData{ResourceMetrics: []*metrics.ResourceMetrics{{Resource: r, ScopeMetrics: []*metrics.ScopeMetrics{{Metrics: all}}}}}
}

// inBoth runs a test in protobuf and in JSON.
func inBoth(t *testing.T, test func(t *testing.T, kind string)) {
	for name, kind := range map[string]string{"protobuf": protobufType, "JSON": jsonType} {
		t.Run(name, func(t *testing.T) { test(t, kind) })
	}
}
