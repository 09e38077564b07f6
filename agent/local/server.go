package local

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

// Agent is what the API is a view of.
type Agent interface {
	Take(ctx context.Context, records []schema.Record, quiet bool) ([]intake.Answer, error)
	Never(values ...string) (taken int)
	Installation() Installation
	ResetID(ctx context.Context) (Reset, error)
	Erase(ctx context.Context) (Erasure, error)
	Erasure() Erasure
	Why() Why
	Participate(ctx context.Context, p Participate) (Why, error)
	Preview() (Preview, error)
	Send(ctx context.Context) Sent
	Outbox() ([]Entry, error)
	OutboxEntry(number uint64) (Entry, error)
	OutboxVerify() ([]Proof, error)
	Status() Status
}

// Server answers the API.
type Server struct {
	http     http.Server
	listener *datadir.Listener
	ended    chan error
}

// Serve answers the API on the listener until Stop.
func Serve(l *datadir.Listener, a Agent) *Server {
	s := &Server{listener: l, ended: make(chan error, 1)}
	s.http = http.Server{
		Handler:           l.Handler(Handler(a)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
	}
	go func() { s.ended <- s.http.Serve(l) }()
	return s
}

// Stop ends the server: requests under way are answered, until ctx ends.
func (s *Server) Stop(ctx context.Context) error {
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	if served := <-s.ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// Handler returns the API's routes.
func Handler(a Agent) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /v1/records", answer(func(r *http.Request) (any, error) { return takeRecords(r, a) }))
	mux.Handle("POST /v1/never", answer(func(r *http.Request) (any, error) { return takeNever(r, a) }))
	mux.Handle("GET /v1/installation", answer(func(*http.Request) (any, error) { return a.Installation(), nil }))
	mux.Handle("POST /v1/installation/reset", answer(func(r *http.Request) (any, error) { return a.ResetID(r.Context()) }))
	mux.Handle("POST /v1/erase", answer(func(r *http.Request) (any, error) { return a.Erase(r.Context()) }))
	mux.Handle("GET /v1/erase", answer(func(*http.Request) (any, error) { return a.Erasure(), nil }))
	mux.Handle("GET /v1/why", answer(func(*http.Request) (any, error) { return a.Why(), nil }))
	mux.Handle("POST /v1/participation", answer(func(r *http.Request) (any, error) { return participate(r, a) }))
	mux.Handle("GET /v1/preview", answer(func(*http.Request) (any, error) { return a.Preview() }))
	mux.Handle("POST /v1/send", answer(func(r *http.Request) (any, error) { return a.Send(r.Context()), nil }))
	mux.Handle("GET /v1/outbox", answer(func(*http.Request) (any, error) { return a.Outbox() }))
	mux.Handle("GET /v1/outbox/verify", answer(func(*http.Request) (any, error) { return a.OutboxVerify() }))
	mux.Handle("GET /v1/outbox/{number}", answer(func(r *http.Request) (any, error) { return outboxEntry(r, a) }))
	mux.Handle("GET /v1/status", answer(func(*http.Request) (any, error) { return a.Status(), nil }))
	mux.Handle("/", answer(func(*http.Request) (any, error) { return nil, errNoRoute }))
	return mux
}

// answer turns a result or an error into JSON. Only a *Problem tells its text;
// what else went wrong is the agent's own business.
func answer(do func(*http.Request) (any, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxBody)
		out, err := do(r)
		code := http.StatusOK
		if err != nil {
			code, out = problemOf(err)
		}
		b, err := json.Marshal(out)
		if err != nil {
			http.Error(w, `{"error":"answer cannot be written"}`, http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = w.Write(append(b, '\n')) // the caller went away: nobody to tell
	})
}

var (
	// errUnavailable wraps what the caller may try again.
	errUnavailable = errors.New("try again")
	errNoRoute     = errors.New("no such route")
)

func problemOf(err error) (code int, p *Problem) {
	var (
		problem *Problem
		tooLong *http.MaxBytesError
	)
	switch {
	case errors.As(err, &tooLong):
		return http.StatusRequestEntityTooLarge, &Problem{Message: "request is too long", Hint: fmt.Sprintf("send at most %d bytes at once", MaxBody)}
	case errors.As(err, &problem):
		return http.StatusBadRequest, problem
	case errors.Is(err, outbox.ErrNoEntry):
		return http.StatusNotFound, &Problem{Message: "no such entry in the outbox", Hint: "GET /v1/outbox lists them"}
	case errors.Is(err, errNoRoute):
		return http.StatusNotFound, &Problem{Message: "no such route or method", Hint: "the documentation of package agent/local lists them"}
	case errors.Is(err, errUnavailable):
		return http.StatusServiceUnavailable, &Problem{Message: "the records could not be written to disk", Hint: "free space on the volume of the data directory, then offer them again"}
	}
	return http.StatusInternalServerError, &Problem{Message: "the agent could not do it", Hint: "its log says why"}
}

// read decodes a body strictly.
func read(r *http.Request, into any) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	err = d.Decode(into)
	_, rest := d.Token() // io.EOF after the one object
	var (
		kind   *json.UnmarshalTypeError
		syntax *json.SyntaxError
	)
	switch {
	case err == nil && rest != io.EOF:
		return &Problem{Message: "something follows the JSON object", Hint: "send one object a request"}
	case err == nil:
		return nil
	case errors.Is(err, ErrValue):
		return &Problem{Message: ErrValue.Error(), Hint: "durations are microseconds, sizes are bytes"}
	case errors.As(err, &kind):
		return &Problem{Message: fmt.Sprintf("field %q is not a %s", kind.Field, kind.Type), Hint: "the API's fields stand in the documentation of package agent/local"}
	case errors.As(err, &syntax):
		return &Problem{Message: fmt.Sprintf("not JSON, at byte %d", syntax.Offset), Hint: "send one JSON object"}
	}
	return &Problem{Message: "not a request of this API", Hint: "unknown fields are refused; the fields stand in the documentation of package agent/local"}
}

func takeRecords(r *http.Request, a Agent) (any, error) {
	var req Records
	if err := read(r, &req); err != nil {
		return nil, err
	}
	if len(req.Records) > MaxRecords {
		return nil, &Problem{Message: fmt.Sprintf("%d records in one request", len(req.Records)), Hint: fmt.Sprintf("send at most %d at once", MaxRecords)}
	}
	records := make([]schema.Record, len(req.Records))
	for i, one := range req.Records {
		records[i] = schema.Record{
			Time: one.Time, Metric: one.Metric, Value: one.Value.Value, Labels: labels(one.Labels),
			Product: schema.Product{Name: req.Product.Name, Version: req.Product.Version},
		}
	}
	got, err := a.Take(r.Context(), records, req.Quiet)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errUnavailable, err)
	}
	out := Results{Results: make([]Result, len(got))}
	for i, g := range got {
		out.Results[i] = Result{Status: Dropped, Reason: g.Reason}
		if g.Accepted {
			out.Results[i] = Result{Status: Accepted}
		}
	}
	return out, nil
}

func labels(m map[string]string) []schema.Label {
	var out []schema.Label
	for name, value := range m {
		out = append(out, schema.Label{Name: name, Value: value})
	}
	slices.SortFunc(out, func(a, b schema.Label) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

func takeNever(r *http.Request, a Agent) (any, error) {
	var req Never
	if err := read(r, &req); err != nil {
		return nil, err
	}
	if len(req.Values) > MaxValues {
		return nil, &Problem{Message: fmt.Sprintf("%d values in one request", len(req.Values)), Hint: fmt.Sprintf("send at most %d", MaxValues)}
	}
	return Taken{Taken: a.Never(req.Values...)}, nil
}

func participate(r *http.Request, a Agent) (any, error) {
	var req struct {
		On    *bool `json:"on"`
		Purge bool  `json:"purge"`
	}
	if err := read(r, &req); err != nil {
		return nil, err
	}
	if req.On == nil {
		return nil, &Problem{Message: `field "on" is missing`, Hint: "send true or false"}
	}
	return a.Participate(r.Context(), Participate{On: *req.On, Purge: req.Purge})
}

func outboxEntry(r *http.Request, a Agent) (any, error) {
	n, err := strconv.ParseUint(r.PathValue("number"), 10, 64)
	if err != nil {
		return nil, &Problem{Message: "the entry's number is not a number", Hint: "GET /v1/outbox lists them"}
	}
	return a.OutboxEntry(n)
}
