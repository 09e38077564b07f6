// Package health answers whether a daemon lives, whether it is ready, and what
// it has counted, over HTTP on loopback:
//
//	GET /livez     200: the process answers
//	GET /readyz    200: it does its work; 503 and one of its fixed sentences: not now
//	GET /metrics   its counts in the text format of Prometheus
//
// Nothing in it names a connection, an address, an installation or a person,
// and no request is logged. Whoever is on this host may ask. A slow or greedy
// caller is cut off; when the port is taken Start says so.
package health

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Config says what is told.
type Config struct {
	// Listen is host:port on loopback; port 0 gives a free one. Required.
	Listen string
	// Ready returns one of the daemon's fixed sentences while it is not ready,
	// and "" while it is. Required.
	Ready func() string
	// Counts returns the counts of now. Required.
	Counts func() []Count
}

// Count is one number.
type Count struct {
	Name string // as Prometheus wants it: tacit_relay_passed_total
	Help string // one sentence
	// Label and Value tell counts of one name apart; both from fixed words.
	Label, Value string
	Number       float64
	Gauge        bool // true: goes up and down; false: counts since the start
}

// ErrAway says that the address is not on loopback. Write one that is, such as
// 127.0.0.1:8473.
var ErrAway = errors.New("health and counts are for this host only")

// Server answers, from Start to Stop.
type Server struct {
	cfg     Config
	server  *http.Server
	addr    net.Addr
	running sync.WaitGroup
}

// New checks the configuration. The error wraps [ErrAway] for an address that
// other hosts can reach.
func New(cfg Config) (*Server, error) {
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return nil, fmt.Errorf("tell health on %q: %w", cfg.Listen, err)
	}
	if ip, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !ip.Unmap().IsLoopback()) {
		return nil, fmt.Errorf("tell health on %q: %w", cfg.Listen, ErrAway)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector(cfg.Counts), collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	s := &Server{cfg: cfg}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, "lives") })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 5 * time.Second}))
	s.server = &http.Server{
		Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 10 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 8 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // what net/http logs begins with an address
	}
	return s, nil
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) {
	if why := s.cfg.Ready(); why != "" {
		answer(w, http.StatusServiceUnavailable, "not ready: "+why)
		return
	}
	answer(w, http.StatusOK, "ready")
}

func answer(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text+"\n") // the caller went away
}

// Start listens and answers until Stop.
func (s *Server) Start(ctx context.Context) error {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return fmt.Errorf("tell health on %q: %w", s.cfg.Listen, err)
	}
	s.addr = l.Addr()
	s.running.Go(func() { _ = s.server.Serve(l) }) // ends with Stop, and its error says that
	return nil
}

// Addr returns where it listens; nil before Start.
func (s *Server) Addr() net.Addr { return s.addr }

// Stop ends it, and waits for what is being answered until ctx ends.
func (s *Server) Stop(ctx context.Context) error {
	err := s.server.Shutdown(ctx)
	if err != nil {
		err = errors.Join(err, s.server.Close())
	}
	s.running.Wait()
	return err
}
