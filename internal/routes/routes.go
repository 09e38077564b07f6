// Package routes is an [http.ServeMux] that can say what it serves, so that a list
// of who may ask for what is compared with the program's own, and not with somebody's
// memory of it.
package routes

import (
	"log/slog"
	"net/http"
	"slices"
	"strings"
)

// Mux is a mux without routes. Add all before it is served.
type Mux struct {
	mux  http.ServeMux
	said []string
}

// HandleFunc adds a route. The pattern has a method: "POST /v1/pages".
func (m *Mux) HandleFunc(pattern string, handler func(http.ResponseWriter, *http.Request)) {
	m.mux.HandleFunc(pattern, handler)
	m.said = append(m.said, pattern)
}

// ServeHTTP implements [http.Handler].
func (m *Mux) ServeHTTP(w http.ResponseWriter, r *http.Request) { m.mux.ServeHTTP(w, r) }

// Say logs what is served there, at level debug.
func (m *Mux) Say(logger *slog.Logger, there string) { Say(logger, there, m.said) }

// Say logs the routes of something that is no mux.
func Say(logger *slog.Logger, there string, routes []string) {
	logger.Debug("serves", slog.String("at", there), slog.String("routes", strings.Join(slices.Sorted(slices.Values(routes)), ", ")))
}
