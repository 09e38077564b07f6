package insights

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/routes"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/calendar"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// Questions that the process which holds a store answers, see [Insights.Routes].
const (
	askOne        = "/v1/insights"
	askPopulation = "/v1/population"
)

// Bounds of what goes over the socket, in bytes.
const (
	maxQuestionLen = 16 << 10
	maxAnswerLen   = 256 << 20
)

// Asker answers questions: [*Insights] does, and [*Socket].
type Asker interface {
	Answer(ctx context.Context, q Question) (Answer, error)
	Population(ctx context.Context) (*Population, error)
}

var (
	_ Asker = (*Insights)(nil)
	_ Asker = (*Socket)(nil)
)

// Routes answers questions on the socket of who holds the store.
func (in *Insights) Routes(mux *routes.Mux) {
	mux.HandleFunc("POST "+askOne, func(w http.ResponseWriter, r *http.Request) {
		var q Question
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxQuestionLen))
		if err := d.Decode(&q); err != nil {
			http.Error(w, "the question does not have the form", http.StatusBadRequest)
			return
		}
		a, err := in.Answer(r.Context(), q)
		reply(w, a, err)
	})
	mux.HandleFunc("GET "+askPopulation, func(w http.ResponseWriter, r *http.Request) {
		p, err := in.Population(r.Context())
		reply(w, p, err)
	})
}

// refusals are the statuses by which what is wrong with a question goes over the
// socket.
var refusals = map[int]error{
	http.StatusNotFound:              ErrNoMetric,
	http.StatusConflict:              ErrNoRollup,
	http.StatusRequestEntityTooLarge: ErrTooMany,
}

// refusal is what a store says against a question.
type refusal struct {
	text string
	is   error // nil: none of the sentinels
}

func (r *refusal) Error() string { return r.text }

func (r *refusal) Unwrap() error { return r.is }

func reply(w http.ResponseWriter, v any, err error) {
	if err != nil {
		status := http.StatusUnprocessableEntity
		for s, is := range refusals {
			if errors.Is(err, is) {
				status = s
			}
		}
		http.Error(w, err.Error(), status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v) // the caller went away: it asks again
}

// Socket asks the process that holds the store.
type Socket struct{ client *http.Client }

// Answer implements [Asker].
func (s *Socket) Answer(ctx context.Context, q Question) (a Answer, err error) {
	b, err := json.Marshal(q)
	if err != nil {
		return a, fmt.Errorf("ask store: %w", err)
	}
	return a, s.ask(ctx, http.MethodPost, askOne, b, &a)
}

// Population implements [Asker].
func (s *Socket) Population(ctx context.Context) (*Population, error) {
	p := &Population{}
	return p, s.ask(ctx, http.MethodGet, askPopulation, nil, p)
}

// there says whether the process answers, whatever it says.
func (s *Socket) there(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, "http://tacit"+askOne, http.NoBody)
	if err != nil {
		return fmt.Errorf("ask store: %w", err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask store: %w", err)
	}
	return resp.Body.Close()
}

func (s *Socket) ask(ctx context.Context, method, path string, body []byte, into any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://tacit"+path, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask store: %w", err)
	}
	resp, err := s.client.Do(r)
	if err != nil {
		return fmt.Errorf("ask store: %w", err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswerLen))
	is, refused := refusals[resp.StatusCode]
	switch {
	case err != nil:
		return fmt.Errorf("ask store: %w", err)
	case refused, resp.StatusCode == http.StatusUnprocessableEntity:
		return &refusal{strings.TrimSpace(string(b)), is}
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("ask store: it answers %s: it is of another version", resp.Status)
	}
	if err := json.Unmarshal(b, into); err != nil {
		return errors.New("ask store: its answer is not of this version")
	}
	return nil
}

// Source is a store that can be asked, until Close.
type Source struct {
	Asker
	close func() error
}

// Close gives back what Open took.
func (s *Source) Close() error { return s.close() }

// Open finds the store: the socket of the process that holds it, or the
// directory itself when none does. The registry is heeded in the second case
// only: who holds the store has its own. Errors wrap those of [home.Home.Hold],
// or db.ErrNoKeys.
func Open(ctx context.Context, at home.Home, known *registry.Set) (*Source, error) {
	socket := &Socket{client: at.Client()}
	lock, err := at.Hold(ctx, socket.there)
	if err != nil {
		return nil, fmt.Errorf("open store for insights: %w", err)
	}
	if lock == nil {
		return &Source{Asker: socket, close: func() error { return nil }}, nil
	}
	s, err := direct(at, lock, known)
	if err != nil {
		return nil, fmt.Errorf("open store for insights: %w", errors.Join(err, lock.Release()))
	}
	return s, nil
}

// direct opens the rows under the lock that was taken.
func direct(at home.Home, lock *datadir.Lock, known *registry.Set) (*Source, error) {
	today, err := calendar.Read(at.Dir, time.Now())
	if err != nil {
		return nil, err
	}
	secrets, err := secret.Open(at.KeysDir, at.Passphrase)
	if err != nil {
		return nil, err
	}
	rows, err := db.Open(db.Config{Dir: at.Dir, Secrets: secrets, Existing: true, Logger: at.Logger})
	if err != nil {
		return nil, err
	}
	in, err := New(Config{Rows: rows, Registry: known, Today: func() schema.Day { return today.Day }})
	if err != nil {
		return nil, errors.Join(err, rows.Close())
	}
	return &Source{Asker: in, close: func() error { return errors.Join(rows.Close(), lock.Release()) }}, nil
}
