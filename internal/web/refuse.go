package web

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"
)

// refusal is what the error page shows.
type refusal struct {
	Status int
	Text   Message
}

// refuse shows an error in the frame: what happened and what to do.
func (s *Site) refuse(w http.ResponseWriter, r *http.Request, p *Problem) {
	if p.Status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		retryAfter(w, 10*time.Second)
	}
	s.show(w, r, s.visit(r), shown{
		status: p.Status, view: s.views["error"], heading: errorHeading(p.Status), content: refusal{p.Status, Message{p.Key, p.Args}},
	})
}

func errorHeading(status int) string {
	switch status {
	case http.StatusNotFound:
		return "error.heading.notfound"
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return "error.heading.later"
	case http.StatusInternalServerError:
		return "error.heading.internal"
	}
	return "error.heading.refused"
}

// refuseError tells a page's error: in its own words if it has some.
func (s *Site) refuseError(w http.ResponseWriter, r *http.Request, act string, err error) {
	if p := (*Problem)(nil); errors.As(err, &p) {
		s.refuse(w, r, p)
		return
	}
	if errors.Is(err, errBusy) {
		s.refuse(w, r, &Problem{Status: http.StatusServiceUnavailable, Key: "error.busy"})
		return
	}
	if r.Context().Err() != nil {
		return // the visitor has gone
	}
	s.cfg.Logger.Error("a page could not answer", slog.String("act", act), slog.Any("err", err))
	s.refuse(w, r, &Problem{Status: http.StatusInternalServerError, Key: "error.internal"})
}

// broken answers when not even a page can be written.
func (s *Site) broken(w http.ResponseWriter, r *http.Request, act string, err error) {
	s.cfg.Logger.Error("a page could not answer", slog.String("act", act), slog.Any("err", err))
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	send(w, r, http.StatusInternalServerError, []byte(s.languages.text(s.languageOf(r), "error.internal")+"\n"), nil)
}

// retryAfter says when to try again, in whole seconds.
func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
}
