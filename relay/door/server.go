package door

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/nats-io/nats-server/v2/server"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// Names of the accounts. The edge's is also a directory below StreamDir.
const (
	accountAgents = "AGENTS"
	accountEdge   = "EDGE"
)

// maxStore is set so that JetStream does not guess a limit from the free space.
// It is far above any stream's own bound, which is the one that holds: a limit
// close to it would keep a stream from opening that was made larger before.
const maxStore = 1 << 40

// maxPayload bounds one message, as PROTOCOL section 7 says.
const maxPayload = 1 << 20

// maxPending is what may wait for one client to take it. It must hold what a
// store pulls ahead.
const maxPending = 16 << 20

// maxMemory bounds streams in memory, of which there are none; zero would mean
// most of the machine's.
const maxMemory = 1 << 20

// Start starts the embedded server, and JetStream where there is a stream, for
// the parts inside. Nobody outside can connect before Open. Files of the stream
// that the server cannot open are removed, and a new stream begins. On a full
// disk the stream is left closed, for ReopenStream. The error is of a directory
// that cannot be used at all.
func (d *Door) Start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start the embedded server: %w", err)
	}
	d.files.Lock()
	defer d.files.Unlock()
	if d.cfg.StreamDir != "" {
		if err := errors.Join(removeGone(d.cfg.StreamDir), durable.MakeOwnerDir(d.cfg.StreamDir)); err != nil {
			return fmt.Errorf("make the stream's directory: %w", err)
		}
	}
	err := d.startServer()
	if err == nil || d.edge == nil {
		return err
	}
	full := d.StreamRoom()
	if full != nil && !errors.Is(full, ErrNoRoom) {
		return full
	}
	d.abandon(ctx)
	if full != nil {
		return d.startEmpty()
	}
	if err := d.discard(); err != nil {
		return err
	}
	return d.startServer()
}

// startServer starts a server, and opens the stream in it. After an error with
// the edge's account at hand it is the stream that failed.
func (d *Door) startServer() error {
	if err := d.startEmpty(); err != nil || d.cfg.StreamDir == "" {
		return err
	}
	return d.enable()
}

// startEmpty starts a server without a stream.
func (d *Door) startEmpty() error {
	d.edge = nil
	srv, err := server.NewServer(d.options())
	if err != nil {
		return fmt.Errorf("make the embedded server: %w", err)
	}
	srv.SetLoggerV2(d.log, false, false, false)
	d.srv = srv
	srv.Start() // returns when it is up, because it does not listen
	if fatal := d.log.fatalText(); fatal != "" {
		return fmt.Errorf("start the embedded server: %s", fatal)
	}
	var errs [2]error
	d.agents, errs[0] = srv.LookupAccount(accountAgents)
	d.edge, errs[1] = srv.LookupAccount(accountEdge)
	if err := errors.Join(errs[:]...); err != nil {
		d.edge = nil
		return fmt.Errorf("start the embedded server: %w", err)
	}
	return nil
}

// abandon ends a server that could not open the stream. One that panicked may
// hold its own locks for ever: it is left behind then, with nobody in it.
func (d *Door) abandon(ctx context.Context) {
	done := make(chan struct{})
	go func(s *server.Server) { // see above
		defer close(done)
		s.Shutdown()
		s.WaitForShutdown()
	}(d.srv)
	select {
	case <-done:
	case <-time.After(abandonWithin):
	case <-ctx.Done():
	}
}

// abandonWithin bounds the end of a server that did not start.
const abandonWithin = 2 * time.Second

// options makes the server blind to addresses (it does not listen, serves no
// monitor port, and has no user in the system account) and its storage synced
// before every acknowledgement.
func (d *Door) options() *server.Options {
	return &server.Options{
		DontListen:                 true,
		NoSigs:                     true,
		CustomClientAuthentication: d,
		Accounts:                   []*server.Account{server.NewAccount(accountAgents), server.NewAccount(accountEdge)},
		AuthTimeout:                authTimeout.Seconds(),
		WriteDeadline:              writeTimeout,
		MaxPayload:                 maxPayload,
		MaxPending:                 maxPending,
		MaxConn:                    d.cfg.MaxConns + storeConns + deskConns + maxInside,
		MaxSubs:                    1024,
		MaxClosedClients:           1, // a name dies with its connection
		ConnectErrorReports:        math.MaxInt32,
		ReconnectErrorReports:      math.MaxInt32,
		DisableJetStreamBanner:     true,
		StoreDir:                   d.cfg.StreamDir,
		SyncAlways:                 true,
		JetStreamMaxStore:          maxStore,
		JetStreamMaxMemory:         maxMemory,
		// For clients that ask for TLS themselves: the greeting then offers
		// it. The door has ended their TLS before.
		TLS:         d.cfg.TLS != nil,
		TLSConfig:   d.cfg.TLS,
		AllowNonTLS: d.cfg.TLS != nil,
	}
}
