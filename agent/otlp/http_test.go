package otlp_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protowire"

	"github.com/tacit-telemetry/tacit/agent/otlp"
	"github.com/tacit-telemetry/tacit/internal/testhost"
)

// clicks is a request of n spans that are counted.
func clicks(n int) *trace.TracesData {
	return spans(of("finder"), slices.Repeat([]*trace.Span{{Name: "click", StartTimeUnixNano: at(1), EndTimeUnixNano: at(2)}}, n)...)
}

func TestGzip(t *testing.T) {
	inBoth(t, func(t *testing.T, kind string) {
		h := newHouse(t)
		q := asked("/v1/traces", kind, packed(t, encode(t, kind, clicks(1))))
		q.Header.Set("Content-Encoding", "gzip")
		if w := h.answer(q); w.Code != http.StatusOK || len(h.taken()) != 1 {
			t.Errorf("answered %d", w.Code)
		}
	})
}

// TestIDsInHex: JSON writes IDs in another way than protobuf's JSON does, and
// names that nobody knows yet are skipped.
func TestIDsInHex(t *testing.T) {
	h := newHouse(t)
	body := fmt.Sprintf(`{"futureField":{"deep":[1,{"x":null}]},"resourceSpans":[{"schemaUrl":"u","scopeSpans":[{"spans":[{
		"traceId":"5b8efff798038103d269b633813fc60c","spanId":"eee19b7ec3c1b174","parentSpanId":"eee19b7ec3c1b173","kind":2,"name":"open",
		"startTimeUnixNano":%d,"endTimeUnixNano":"%d","attributes":[{"key":"op","value":{"stringValue":"open"}},{"key":"n","value":null},
		{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"x"}]}}}],"events":null,"status":{}}]}],
		"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"finder"}}]}}]}`, at(1), at(2))
	if w := h.answer(asked("/v1/traces", jsonType+"; charset=utf-8", []byte(body))); w.Code != http.StatusOK {
		t.Errorf("answered %d %s", w.Code, w.Body)
	}
	if got := h.taken(); !slices.Equal(got, []string{"12:00:02 unknown finder.operation.duration=1000000 operation=open"}) {
		t.Errorf("taken %q", got)
	}
}

// TestRefused: each with the status that OTLP asks for, in the request's own
// encoding, and without anything that was sent.
func TestRefused(t *testing.T) {
	good, goodJSON := encode(t, protobufType, clicks(1)), encode(t, jsonType, clicks(1))
	with := func(path, kind string, body []byte, change ...string) *http.Request {
		q := asked(path, kind, body)
		for i := 0; i < len(change); i += 2 {
			q.Header.Set(change[i], change[i+1])
		}
		if host := q.Header.Get("Host"); host != "" {
			q.Host = host
		}
		return q
	}
	get := with("/v1/traces", protobufType, nil)
	get.Method = http.MethodGet
	bomb := packed(t, make([]byte, otlp.MaxBody+1))
	for name, c := range map[string]struct {
		q    *http.Request
		code int
	}{
		"torn":                    {with("/v1/traces", protobufType, good[:len(good)-1]), 400},
		"torn JSON":               {with("/v1/traces", jsonType, goodJSON[:len(goodJSON)-1]), 400},
		"nothing in JSON":         {with("/v1/traces", jsonType, nil), 400},
		"JSON, and more":          {with("/v1/traces", jsonType, append(slices.Clone(goodJSON), '{')), 400},
		"JSON of another shape":   {with("/v1/traces", jsonType, []byte(`{"resourceSpans":[["zoe"]]}`)), 400},
		"a text for a number":     {with("/v1/traces", jsonType, []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"endTimeUnixNano":"zoe"}]}]}]}`)), 400},
		"a number for a text":     {with("/v1/traces", jsonType, []byte(`{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5}]}]}]}`)), 400},
		"deep":                    {with("/v1/traces", jsonType, []byte(`{"zoe":`+strings.Repeat("[", 1<<20))), 400},
		"not packed":              {with("/v1/traces", protobufType, good, "Content-Encoding", "gzip"), 400},
		"torn pack":               {with("/v1/traces", protobufType, packed(t, good)[:20], "Content-Encoding", "gzip"), 400},
		"text that is none":       {with("/v1/traces", protobufType, bytes.Replace(good, []byte("finder"), []byte("\xff\xfezoe "), 1)), 400},
		"too long":                {with("/v1/traces", protobufType, make([]byte, otlp.MaxBody+1)), 413},
		"a bomb":                  {with("/v1/traces", protobufType, bomb, "Content-Encoding", "gzip"), 413},
		"long in protobuf":        {with("/v1/metrics", jsonType, zeros()), 413},
		"another type":            {with("/v1/traces", "text/plain", good), 415},
		"no type":                 {with("/v1/traces", "", good), 415},
		"gRPC":                    {with("/v1/traces", "application/grpc", good), 415},
		"another packing":         {with("/v1/traces", protobufType, good, "Content-Encoding", "zstd"), 415},
		"another path":            {with("/v1/profiles", protobufType, good), 404},
		"another method":          {get, 405},
		"a page in a browser":     {with("/v1/traces", jsonType, goodJSON, "Origin", "http://localhost:3000"), 403},
		"a name that points here": {with("/v1/traces", jsonType, goodJSON, "Host", "zoe.example:4318"), 403},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			w := h.answer(c.q)
			if w.Code != c.code || len(h.taken()) != 0 || strings.Contains(w.Body.String(), "zoe") || w.Body.Len() == 0 {
				t.Errorf("answered %d %q, want %d", w.Code, w.Body, c.code)
			}
			if (c.code == http.StatusMethodNotAllowed) != (w.Header().Get("Allow") == http.MethodPost) {
				t.Errorf("Allow is %q", w.Header().Get("Allow"))
			}
			switch w.Header().Get("Content-Type") {
			case jsonType:
				var status struct{ Message string }
				if err := json.Unmarshal(w.Body.Bytes(), &status); err != nil || status.Message == "" {
					t.Errorf("the status is %q, %v", w.Body, err)
				}
			case protobufType:
				if _, _, n := protowire.ConsumeField(w.Body.Bytes()); n < 0 {
					t.Errorf("the status is %q", w.Body)
				}
			}
		})
	}
}

// zeros is JSON of many short numbers, each of which is eight bytes elsewhere.
func zeros() []byte {
	return []byte(`{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"histogram":{"dataPoints":[{"bucketCounts":[0` + strings.Repeat(",0", 1<<20) + `]}]}}]}]}]}`)
}

// TestEmpty: an SDK may have nothing to say.
func TestEmpty(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/v1/traces", "/v1/metrics", "/v1/logs"} {
		for kind, body := range map[string]string{protobufType: "", jsonType: "{}"} {
			if w := h.answer(asked(path, kind, []byte(body))); w.Code != http.StatusOK || w.Body.String() != body {
				t.Errorf("%s: answered %d %q", path, w.Code, w.Body)
			}
		}
	}
}

// TestRejected: what one request may not become is said, and not to be sent again.
func TestRejected(t *testing.T) {
	h := newHouse(t)
	body := encode(t, protobufType, clicks(otlp.MaxRecords+3))
	w := h.answer(asked("/v1/traces", protobufType, body))
	if got := len(h.taken()); w.Code != http.StatusOK || got != otlp.MaxRecords {
		t.Errorf("answered %d, and took %d", w.Code, got)
	}
	partial, _ := protowire.ConsumeBytes(w.Body.Bytes()[1:])
	if n, _ := protowire.ConsumeVarint(partial[1:]); w.Body.Bytes()[0] != 1<<3|2 || partial[0] != 1<<3 || n != 3 {
		t.Errorf("answered %q", w.Body)
	}
	w = h.answer(asked("/v1/traces", jsonType, encode(t, jsonType, clicks(otlp.MaxRecords+3))))
	if !strings.Contains(w.Body.String(), `"rejectedSpans":"3"`) {
		t.Errorf("answered %q", w.Body)
	}
	if got, want := h.dropped(), []string{`span "click" too_many 6`}; !slices.Equal(got, want) {
		t.Errorf("dropped %q, want %q", got, want)
	}
}

// TestOff: nobody looks at what comes while a host does not take part, and an SDK
// is not told of it, nor cut off while it sends.
func TestOff(t *testing.T) {
	h := newHouse(t)
	h.off = true
	q := asked("/v1/traces", protobufType, make([]byte, otlp.MaxBody))
	w := h.answer(q)
	if left, err := io.ReadAll(q.Body); w.Code != http.StatusOK || len(h.taken()) != 0 || len(left) != 0 || err != nil {
		t.Errorf("answered %d, and left %d bytes, %v", w.Code, len(left), err)
	}
	if got := h.dropped(); !slices.Equal(got, []string{`request "" off 1`}) {
		t.Errorf("dropped %q", got)
	}
}

// TestManyNames: names are counted up to a bound, and together from there on.
func TestManyNames(t *testing.T) {
	const most = 1000
	h := newHouse(t)
	var all []*trace.Span
	for i := range most + 500 {
		all = append(all, &trace.Span{Name: fmt.Sprintf("name %c%c%c", 'a'+i%26, 'a'+i/26%26, 'a'+i/26/26)})
	}
	h.post(protobufType, spans(of("finder"), all...))
	if got := h.Dropped(); len(got) != most+1 || !slices.ContainsFunc(got, func(c otlp.Count) bool { return c.Name == "other" && c.Count == 500 }) {
		t.Errorf("%d counts", len(got))
	}
}

// TestMemoryOfHostileBodies: as messages of a library, the spans are 565 MiB. What
// is garbage is collected later on a busy machine, so that the bound is wide.
func TestMemoryOfHostileBodies(t *testing.T) {
	resource := encode(t, protobufType, of("finder"))
	wrap := func(inner []byte) []byte { return protowire.AppendBytes([]byte{1<<3 | 2}, inner) }
	item := func(inner []byte) []byte { return protowire.AppendBytes([]byte{2<<3 | 2}, inner) }
	fill := func(unit string) []byte { return []byte(strings.Repeat(unit, (otlp.MaxBody-4096)/len(unit))) }
	inside := func(filled []byte) []byte { return wrap(append(wrap(resource), item(filled)...)) }
	json := func(pre, unit, post string) []byte {
		return []byte(pre + strings.TrimSuffix(string(fill(unit)), ",") + post)
	}
	for name, c := range map[string]struct {
		path, kind string
		body       []byte
	}{
		"resources":     {"/v1/traces", protobufType, fill("\x0a\x00")},
		"spans":         {"/v1/traces", protobufType, inside(fill("\x12\x00"))},
		"attributes":    {"/v1/traces", protobufType, inside(item(fill("\x4a\x00")))},
		"events":        {"/v1/traces", protobufType, inside(item(fill("\x5a\x00")))},
		"metrics":       {"/v1/metrics", protobufType, inside(fill("\x12\x00"))},
		"log records":   {"/v1/logs", protobufType, inside(fill("\x12\x00"))},
		"groups":        {"/v1/logs", protobufType, fill("\x0b")},
		"JSON spans":    {"/v1/traces", jsonType, json(`{"resourceSpans":[{"scopeSpans":[{"spans":[`, "{},", `]}]}]}`)},
		"JSON skipped":  {"/v1/traces", jsonType, json(`{"x":[`, "[],", `]}`)},
		"JSON opaque":   {"/v1/logs", jsonType, json(`{"resourceLogs":[{"resource":{"attributes":[{"value":{"arrayValue":[`, "{},", `]}}]}}]}`)},
		"JSON one name": {"/v1/logs", jsonType, json(`{"`, "name", `":1}`)},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			q := asked(c.path, c.kind, c.body)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			h.answer(q)
			runtime.ReadMemStats(&after)
			if took := int64(after.HeapSys) - int64(before.HeapSys); took > 96<<20 {
				t.Errorf("%d bytes made the heap %d larger", len(c.body), took)
			}
		})
	}
}

// slow is a body that comes to a halt before its end, until it is told to go on.
type slow struct {
	first  io.Reader
	halted chan<- struct{}
	more   <-chan struct{}
}

func (s slow) Read(b []byte) (int, error) {
	if n, err := s.first.Read(b); err == nil {
		return n, nil
	}
	s.halted <- struct{}{}
	<-s.more
	return 0, io.EOF
}

// TestManyBodies: bodies that are on their way have a bound together. What is
// over it is asked for again, and small ones of others are not in the way.
func TestManyBodies(t *testing.T) {
	const many, room = 8, 3
	h := newHouse(t)
	halted, more, answers := make(chan struct{}, many), make(chan struct{}), make(chan *httptest.ResponseRecorder, many)
	var senders sync.WaitGroup
	for range many {
		q := asked("/v1/traces", protobufType, nil)
		q.Body = io.NopCloser(slow{bytes.NewReader(make([]byte, otlp.MaxBody)), halted, more})
		senders.Go(func() { answers <- h.answer(q) })
	}
	for range many { // what is refused is read to the end all the same
		<-halted
	}
	h.post(protobufType, clicks(1))
	close(more)
	refused := 0
	for range many {
		if w := <-answers; w.Code == http.StatusTooManyRequests && w.Header().Get("Retry-After") != "" {
			refused++
		}
	}
	if refused < many-room {
		t.Errorf("%d of %d were refused", refused, many)
	}
	senders.Wait()
	h.post(protobufType, clicks(1))
}

// TestServe: over a real connection, and ended while one is open.
func TestServe(t *testing.T) {
	h := newHouse(t)
	l, err := otlp.Listen(t.Context(), testhost.FreeAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	s := otlp.Serve(l, h)
	c := &http.Client{Transport: &http.Transport{}}
	defer c.CloseIdleConnections()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+l.Addr().String()+"/v1/traces", bytes.NewReader(encode(t, protobufType, clicks(1))))
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Type", protobufType)
	resp, err := c.Do(q)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK || len(h.taken()) != 1 {
		t.Errorf("answered %s", resp.Status)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := s.Stop(ctx); err != nil {
		t.Error(err)
	}
	if _, err := c.Do(q.Clone(t.Context())); err == nil {
		t.Error("it still answers")
	}
}

func TestListen(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:0", "example.com:0", "10.0.0.1:4318"} {
		if l, err := otlp.Listen(t.Context(), address); !errors.Is(err, otlp.ErrNotLoopback) {
			t.Errorf("%s: %v, %v", address, l, err)
		}
	}
	if _, err := otlp.Listen(t.Context(), "4318"); err == nil {
		t.Error("a port alone is an address")
	}
}
