package door

import (
	"context"
	"errors"
	"fmt"
	"math"

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

// Start starts the embedded server, and JetStream where there is a stream, for
// the parts inside. Nobody outside can connect before Open.
func (d *Door) Start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("start the embedded server: %w", err)
	}
	if d.cfg.StreamDir != "" {
		if err := durable.MakeOwnerDir(d.cfg.StreamDir); err != nil {
			return fmt.Errorf("make the stream's directory: %w", err)
		}
	}
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
	return d.openAccounts()
}

func (d *Door) openAccounts() error {
	var errs [3]error
	d.agents, errs[0] = d.srv.LookupAccount(accountAgents)
	d.edge, errs[1] = d.srv.LookupAccount(accountEdge)
	if errs[1] == nil && d.cfg.StreamDir != "" {
		errs[2] = d.edge.EnableJetStream(nil, nil)
	}
	if err := errors.Join(errs[:]...); err != nil {
		return fmt.Errorf("open the stream in %s: %w", d.cfg.StreamDir, err)
	}
	return nil
}

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
		MaxConn:                    d.cfg.MaxConns + storeConns + maxInside,
		MaxSubs:                    1024,
		MaxClosedClients:           1, // a name dies with its connection
		ConnectErrorReports:        math.MaxInt32,
		ReconnectErrorReports:      math.MaxInt32,
		JetStream:                  d.cfg.StreamDir != "",
		DisableJetStreamBanner:     true,
		StoreDir:                   d.cfg.StreamDir,
		SyncAlways:                 true,
		JetStreamMaxStore:          maxStore,
		JetStreamMaxMemory:         1 << 20, // nothing is kept in memory; zero would mean most of the machine's
		// For clients that ask for TLS themselves: the greeting then offers
		// it. The door has ended their TLS before.
		TLS:         d.cfg.TLS != nil,
		TLSConfig:   d.cfg.TLS,
		AllowNonTLS: d.cfg.TLS != nil,
	}
}
