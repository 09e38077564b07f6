package routes_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tacit-telemetry/tacit/internal/routes"
)

// TestSay: what is said is what is served.
func TestSay(t *testing.T) {
	var (
		m   routes.Mux
		log bytes.Buffer
	)
	for _, pattern := range []string{"POST /v1/pages", "GET /v1/keys"} {
		m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte(r.Pattern)) })
	}
	m.Say(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})), "store")
	if !strings.Contains(log.String(), `msg=serves at=store routes="GET /v1/keys, POST /v1/pages"`) {
		t.Errorf("it says %s", &log)
	}
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/v1/keys", http.NoBody))
	if w.Body.String() != "GET /v1/keys" {
		t.Errorf("it serves %q", w.Body)
	}
}
