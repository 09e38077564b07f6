package local

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/agent/intake"
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
	SupportCode(ctx context.Context, o SupportOrder) (SupportCode, error)
	RevokeCodes(ctx context.Context) (Revoked, error)
	Lookups(ctx context.Context, o LookupsOrder) (Lookups, error)
	Debug(ctx context.Context, o DebugOrder) (Why, error)
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
	http  http.Server
	ended chan error
}

// limits are those that tests set otherwise.
type limits struct {
	perSecond, burst int           // bytes, see rates
	patience         time.Duration // for a request to arrive
}

// Serve answers the API on the listener until Stop.
func Serve(l *datadir.Listener, a Agent) *Server {
	return serve(l, a, limits{perSecond: ratePerSecond, burst: rateBurst, patience: 10 * time.Second})
}

func serve(l *datadir.Listener, a Agent, within limits) *Server {
	refused, callers := new(tally), newCallers()
	routes := &api{agent: a, rates: newRates(within.perSecond, within.burst), room: newRoom(), refused: refused}
	s := &Server{ended: make(chan error, 1)}
	s.http = http.Server{
		Handler:           l.Handler(routes.handler()),
		ReadHeaderTimeout: min(within.patience, 5*time.Second),
		ReadTimeout:       within.patience,
		IdleTimeout:       10 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ConnContext:       callers.name,
		ConnState:         callers.follow,
	}
	go func() { s.ended <- s.http.Serve(entrance{l, callers, refused}) }()
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
