package store

import (
	"encoding/json"
	"io"
	"log/slog"
	"net/http"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/pages"
)

// maxErasureLen bounds one request to erase: what fits an envelope.
const maxErasureLen = 64 << 10

// eraseRoutes answers who erases with an installation's ID in hand. The ID stays
// with the asker: what comes here are tags and the right to erase each.
func (s *Store) eraseRoutes(_ *door, mux *routes.Mux) {
	mux.HandleFunc("POST /v1/erase", s.answerErase)
}

func (s *Store) answerErase(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxErasureLen))
	if err != nil {
		http.Error(w, "order to erase is too long or was cut off", http.StatusBadRequest)
		return
	}
	items, err := page.ParseErasures(b)
	if err != nil {
		http.Error(w, "order to erase does not have the form", http.StatusBadRequest)
		return
	}
	today := s.calendar.Today()
	if today.Later { // pages of a later day, which nothing is kept of yet, would come back
		http.Error(w, ErrClock.Error(), http.StatusServiceUnavailable)
		return
	}
	done, err := s.eraser.Erase(r.Context(), items)
	if err != nil {
		s.cfg.Logger.Error("erase pages", slog.Any("error", err))
		http.Error(w, "the store could not do it; its log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(lookup.Erased{ // the caller went away: it asks again
		Pages: done.Pages, Open: done.Open, ForgottenBy: pages.ForgottenBy(today.Day),
	})
}
