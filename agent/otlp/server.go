package otlp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"
)

// DefaultAddress is where OpenTelemetry's SDKs send to when nobody tells them.
const DefaultAddress = "127.0.0.1:4318"

// ErrNotLoopback says that the address can be reached from other hosts.
var ErrNotLoopback = errors.New("it is not on loopback: write 127.0.0.1:4318")

// Listen listens on an address of loopback, host:port. The error wraps
// [ErrNotLoopback], or is the system's.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("listen for OpenTelemetry at %s: %w", address, err)
	}
	if strings.EqualFold(host, "localhost") {
		host = "127.0.0.1" // whatever the hosts file says
	}
	if ip, err := netip.ParseAddr(host); err != nil || !ip.Unmap().IsLoopback() {
		return nil, fmt.Errorf("listen for OpenTelemetry at %s: %w", address, ErrNotLoopback)
	}
	var c net.ListenConfig
	l, err := c.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("listen for OpenTelemetry: %w", err)
	}
	return l, nil
}

// Server answers on a listener.
type Server struct {
	http  http.Server
	ended chan error
}

// Serve answers on a listener until Stop, which closes it. The receiver may be
// any handler that keeps its bounds by itself.
func Serve(l net.Listener, r http.Handler) *Server {
	s := &Server{ended: make(chan error, 1)}
	s.http = http.Server{
		Handler:           r,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      time.Minute,
		IdleTimeout:       2 * time.Minute, // an SDK sends once a minute
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // it would name who calls
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
