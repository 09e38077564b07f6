package otlp_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
	trace "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

// signalOf returns an empty request of one of the three signals.
func signalOf(n byte) proto.Message {
	return []proto.Message{&trace.TracesData{}, &metrics.MetricsData{}, &logs.LogsData{}}[n%3]
}

// FuzzProtobuf: whatever comes is answered. What the official library reads is
// taken, and gives the same records when it writes it in JSON.
func FuzzProtobuf(f *testing.F) {
	f.Add(byte(0), []byte{})
	f.Fuzz(func(t *testing.T, n byte, body []byte) {
		m := signalOf(n)
		h := newHouse(t)
		w := h.answer(asked(pathOf(m), protobufType, body))
		err := proto.Unmarshal(body, m)
		if w.Code != http.StatusOK && (w.Code != http.StatusBadRequest || err == nil) {
			t.Fatalf("answered %d, and the library says %v", w.Code, err)
		}
		if err != nil {
			return
		}
		alike(t, m)
	})
}

// FuzzJSON: the same the other way round.
func FuzzJSON(f *testing.F) {
	f.Add(byte(0), []byte("{}"))
	f.Fuzz(func(t *testing.T, n byte, body []byte) {
		m := signalOf(n)
		h := newHouse(t)
		w := h.answer(asked(pathOf(m), jsonType, body))
		if w.Code != http.StatusOK && w.Code != http.StatusBadRequest {
			t.Fatalf("answered %d", w.Code)
		}
		if strings.Contains(w.Body.String(), "SECRET") {
			t.Fatal("the answer has some of the body")
		}
		// The library takes more than OTLP allows, so that its word is not asked for.
		if err := (protojson.UnmarshalOptions{DiscardUnknown: true}).Unmarshal(body, m); err == nil {
			alike(t, m)
		}
	})
}

// alike sends a message both ways, to receivers that have seen nothing.
func alike(t *testing.T, m proto.Message) {
	t.Helper()
	binary, text := newHouse(t), newHouse(t)
	binary.post(protobufType, m)
	text.post(jsonType, m)
	one, other := binary.taken(), text.taken()
	if !slices.Equal(one, other) || !slices.Equal(binary.dropped(), text.dropped()) {
		t.Errorf("%v\nin protobuf: %q %q\nin JSON: %q %q", m, one, binary.dropped(), other, text.dropped())
	}
	for _, line := range one {
		if strings.Contains(line, "SECRET") {
			t.Errorf("taken: %s", line)
		}
	}
}
