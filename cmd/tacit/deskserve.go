package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/desk"
)

// defaultDesk is where the desk listens.
var defaultDesk = config.Address{Host: "127.0.0.1", Port: 8471}

// servedDesk is a desk that listens.
type servedDesk struct {
	*desk.Desk
	addr net.Addr
	tls  bool
}

// deskOptions say what a desk serves, and where.
type deskOptions struct {
	data        datadir.Dir
	histories   *deskHistories
	listen      string
	certificate *tls.Certificate // nil: plain, on loopback
	own         bool
	simulated   bool
	recover     string // what to type after a lost password
	logger      *slog.Logger
}

// deskStop bounds how long answers that are being written may take at the end.
const deskStop = 300 * time.Millisecond

// serveDesk makes a desk and serves it until u is undone.
func serveDesk(ctx context.Context, u *undo, o deskOptions) (*servedDesk, error) {
	log, err := audit.Open(auditOf(o.data, o.logger))
	if err != nil {
		return nil, err
	}
	d, err := desk.New(desk.Config{
		Dir: deskAccounts(o.data), TLS: o.certificate != nil, Own: o.own, Simulated: o.simulated, Histories: o.histories, Audit: log,
		Examine: o.histories.examine, Population: o.histories.population, Registry: o.histories.known, RecoverCommand: o.recover, Logger: o.logger,
	})
	if err != nil {
		return nil, err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return nil, cli.WithHint(fmt.Errorf("desk: listen on %s: %w", o.listen, bareListen(err)), "stop the process that has it, or name another address for the desk")
	}
	server, ended := web.Server(d.Handler()), make(chan error, 1)
	go func() {
		if o.certificate != nil {
			server.TLSConfig = certificate.Server(*o.certificate)
			ended <- server.ServeTLS(l, "", "")
			return
		}
		ended <- server.Serve(l)
	}()
	u.later(func(ctx context.Context) error { return stopServer(ctx, server, ended) })
	return &servedDesk{Desk: d, addr: l.Addr(), tls: o.certificate != nil}, nil
}

// bareListen returns why nobody can listen, without the address again.
func bareListen(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err
	}
	return err
}

func stopServer(ctx context.Context, s *http.Server, ended <-chan error) error {
	ctx, cancel := context.WithTimeout(ctx, deskStop)
	defer cancel()
	err := s.Shutdown(ctx)
	if err != nil {
		err = s.Close()
	}
	if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// url is where a browser finds it.
func (d *servedDesk) url() string {
	if d == nil {
		return ""
	}
	scheme := "http://"
	if d.tls {
		scheme = "https://"
	}
	return scheme + d.addr.String() + "/"
}
