package store

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/store/daybook"
)

// turnEvery is how long the end of a day may wait to be noticed when nobody asks.
const turnEvery = time.Minute

// maxBookAsk bounds a question to the daybook, in bytes.
const maxBookAsk = 1 << 10

// openBook opens the daybook, which destroys what ended while no store ran.
func (s *Store) openBook() (err error) {
	s.book, err = daybook.Open(daybook.Config{
		Dir: s.cfg.Dir, Secrets: s.cfg.Secrets, Today: s.calendar.Today, Logger: s.cfg.Logger,
	})
	if err != nil {
		return err
	}
	s.undo = append(s.undo, s.book.Close)
	return nil
}

// turnBook ends days as they end.
func (s *Store) turnBook(ctx context.Context) {
	t := time.NewTicker(turnEvery)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-ctx.Done():
			return
		}
		if err := s.book.Turn(); err != nil {
			s.cfg.Logger.Error("end a day", slog.Any("error", err))
		}
	}
}

// bookRoutes answers who looks up. Neither an ID nor a code comes here: a note is
// sealed, and a tag leads from a code and not to it.
func (s *Store) bookRoutes(d *door, mux *routes.Mux) {
	mux.HandleFunc("POST /v1/note", func(w http.ResponseWriter, r *http.Request) { s.answerNote(d, w, r) })
	mux.HandleFunc("POST /v1/grant", s.answerGrant)
}

// answerNote keeps a note and gives a pass for it.
func (s *Store) answerNote(d *door, w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBookAsk))
	var l page.Letter
	if err == nil {
		l, err = page.ParseLetter(b)
	}
	if err != nil {
		http.Error(w, "note does not have the form", http.StatusBadRequest)
		return
	}
	switch err := s.book.Leave(l); {
	case errors.Is(err, daybook.ErrDay), errors.Is(err, daybook.ErrFull):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		s.cfg.Logger.Error("leave a note", slog.Any("error", err))
		http.Error(w, "the store could not keep the note; its log says why", http.StatusInternalServerError)
	default:
		_, _ = io.WriteString(w, d.passes.give()) // the caller went away: it asks again
	}
}

// answerGrant returns the grant of a code that lives.
func (s *Store) answerGrant(w http.ResponseWriter, r *http.Request) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBookAsk))
	if err != nil || len(b) != len(page.Tag{}) {
		http.Error(w, "question for a grant does not have the form", http.StatusBadRequest)
		return
	}
	g, ok, err := s.book.Find(page.Tag(b))
	switch {
	case errors.Is(err, daybook.ErrClock):
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	case err != nil:
		s.cfg.Logger.Error("find a grant", slog.Any("error", err))
		http.Error(w, "the store could not do it; its log says why", http.StatusInternalServerError)
	case !ok:
		http.Error(w, "no such code lives", http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(g.Marshal()) // the caller went away: it asks again
	}
}
