package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/usercommands"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/db"
)

// defaultPort is where agents find the relay.
const defaultPort = 8472

// memoryLimit is for the Go heap of everything together; Badger needs one.
const memoryLimit = 512 << 20

// house is agent, relay and store in one process.
type house struct {
	env     *cli.Env
	options upOptions

	data   datadir.Dir
	logger *slog.Logger
	relay  *relay.Relay
	store  *store.Store
	conn   *nats.Conn // the store's
	agent  *agent.Agent
	vendor ed25519.PrivateKey

	undo []func(context.Context) error // last in, first out
}

// open opens everything up to the agent, which neither answers nor sends yet.
func (h *house) open(ctx context.Context) error {
	h.data = h.env.Data()
	h.logger = slog.New(slog.DiscardHandler)
	if h.options.verbose {
		h.logger = slog.New(slog.NewTextHandler(h.env.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(memoryLimit)
	}
	for _, step := range []func(context.Context) error{h.openData, h.openRelay, h.openStore, h.openAgent, h.tellWhere} {
		if err := step(ctx); err != nil {
			return h.explain(err)
		}
	}
	return nil
}

func (h *house) onClose(f func(context.Context) error) { h.undo = append(h.undo, f) }

// errSlow says that the end did not come in time. Badger waits for ever when it
// cannot write what it holds: on a full disk, or when its directory is gone.
var errSlow = errors.New("closing takes too long and was given up")

// closeInTime closes everything, or gives up: what was confirmed is synced, and
// the next start takes it up as after a power cut.
func (h *house) closeInTime(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, upStop)
	defer cancel()
	closed := make(chan error, 1)
	go func() { closed <- h.close(ctx) }() // ends with the process at the latest
	select {
	case err := <-closed:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-closed:
		return err
	case <-time.After(100 * time.Millisecond):
		return cli.WithHint(errSlow, "is the volume of the data directory full, or gone? nothing that was confirmed is lost")
	}
}

// close undoes what was opened. What was accepted is on disk; it is sent by
// the next start.
func (h *house) close(ctx context.Context) error {
	var err error
	for i := len(h.undo) - 1; i >= 0; i-- {
		err = errors.Join(err, h.undo[i](ctx))
	}
	h.undo = nil
	return err
}

// patience is how long a command may hold a lock that looks something up.
const patience = time.Second

// patiently tries again while another process holds a lock.
func patiently(ctx context.Context, take func() error) error {
	for end := time.Now().Add(patience); ; {
		err := take()
		var held *datadir.HeldError
		if !errors.As(err, &held) || time.Now().After(end) || ctx.Err() != nil {
			return err
		}
		time.Sleep(20 * time.Millisecond) // between two tries
	}
}

func (h *house) openData(ctx context.Context) error {
	if err := h.data.Make(); err != nil {
		return err
	}
	var lock *datadir.Lock
	err := patiently(ctx, func() (err error) {
		lock, err = datadir.TakeLock(h.data.Run(), usercommands.LockName)
		return err
	})
	if err != nil {
		return err
	}
	h.onClose(func(context.Context) error { return lock.Release() })
	return datadir.MakeOwner(h.data.Agent(), h.data.Relay(), h.data.Store(), h.data.Keys())
}

func (h *house) openRelay(ctx context.Context) error {
	channel, err := openSecrets(h.data.Keys())
	if err != nil {
		return err
	}
	h.vendor = channel.vendor
	config := relay.Config{
		Dir: h.data.Relay(), Listen: net.JoinHostPort("127.0.0.1", strconv.Itoa(h.options.ports)),
		Credential: channel.credential, MinPeers: 1, MaxWait: upWindow, FlushEvery: upWindow / 4,
		Quota: gate.Quota{Envelopes: 100_000, Bytes: 1 << 30}, Logger: h.logger,
	}
	h.relay, err = startRelay(ctx, config)
	if errors.Is(err, relay.ErrPortInUse) {
		config.Listen = "127.0.0.1:0"
		h.relay, err = startRelay(ctx, config)
	}
	if err != nil {
		return err
	}
	h.onClose(h.relay.Stop)
	return nil
}

func startRelay(ctx context.Context, c relay.Config) (*relay.Relay, error) {
	r, err := relay.New(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := r.Start(ctx); err != nil {
		return nil, errors.Join(err, r.Stop(ctx))
	}
	return r, nil
}

func (h *house) openStore(ctx context.Context) (err error) {
	if h.conn, err = h.relay.StoreConn(); err != nil {
		return err
	}
	h.onClose(func(context.Context) error { h.conn.Close(); return nil })
	err = patiently(ctx, func() (err error) {
		h.store, err = store.New(ctx, store.Config{
			Dir: h.data.Store(), KeysDir: h.data.Keys(), RunDir: h.data.Run(), Conn: h.conn,
			Registry: registry.Base(), GroupWait: upWindow / 4, Logger: h.logger,
		})
		return err
	})
	if err != nil {
		return err
	}
	h.onClose(h.store.Stop)
	if err := h.store.Start(ctx); err != nil {
		return err
	}
	return h.publishKeys()
}

// publishKeys hands the store's signed key list to the relay.
func (h *house) publishKeys() error {
	list, err := h.store.KeyList(h.vendor)
	if err != nil {
		return err
	}
	return h.relay.SetKeyList(list)
}

func (h *house) openAgent(ctx context.Context) (err error) {
	channel, err := openSecrets(h.data.Keys())
	if err != nil {
		return err
	}
	h.agent, err = agent.New(ctx, agent.Config{
		Data: h.data, Product: cli.Product(), Relay: h.relayURL(), Credential: channel.credential,
		Vendor: h.vendor.Public().(ed25519.PublicKey), Sources: []collect.Source{h.engine()},
		Interval: upInterval, Facts: upFacts, Window: upWindow, Timeout: upTimeout, Logger: h.logger,
	})
	if err != nil {
		return err
	}
	h.onClose(h.agent.Stop)
	_, err = h.agent.Take(ctx, []schema.Record{{
		Product: cli.Product(), Metric: "tacit.command.used", Value: schema.Number(1),
		Labels: []schema.Label{{Name: "command", Value: "up"}},
	}}, false)
	return err
}

func (h *house) relayURL() string { return "nats://" + h.relay.Addr().String() }

// start begins what `up` does until it is ended.
func (h *house) start(ctx context.Context) error {
	if err := h.agent.Start(ctx); err != nil {
		return h.explain(err)
	}
	return h.explain(h.agent.Looked(ctx))
}

// explain adds what to do to errors that only the operator's side knows.
func (h *house) explain(err error) error {
	var held *datadir.HeldError
	switch {
	case errors.As(err, &held):
		return cli.WithHint(held, "ask that one with the same command and --data, end it (kill %d), or name another directory with --data", held.PID)
	case errors.Is(err, db.ErrFull):
		return cli.WithHint(err, "free space on the volume of the data directory; nothing that was confirmed is lost")
	case errors.Is(err, upload.ErrNoReply):
		if free, known := h.lackOfSpace(); known {
			return cli.WithHint(fmt.Errorf("the store takes nothing: %s free on its volume", free), "free space; what waits is kept and sent then")
		}
		return cli.WithHint(err, "run the same command with --verbose; what waits is kept and sent then")
	}
	return err
}

// lackOfSpace says whether the store refuses for lack of space.
func (h *house) lackOfSpace() (string, bool) {
	stats, err := h.store.Stats()
	if err != nil || stats.Outcomes["full"] == 0 {
		return "", false
	}
	return "too little", true
}

// endpointsFile says what runs where.
const endpointsFile = "endpoints.json"

type endpoints struct {
	PID     int       `json:"pid"`
	Started time.Time `json:"started"`
	Relay   string    `json:"relay"`
	Agent   string    `json:"agent"` // name of the endpoint, in this directory
	Store   string    `json:"store"`
}

func (h *house) tellWhere(context.Context) error {
	path := filepath.Join(h.data.Run(), endpointsFile)
	h.onClose(func(context.Context) error { return os.Remove(path) })
	return writeJSON(path, endpoints{
		PID: os.Getpid(), Started: time.Now().UTC().Truncate(time.Second), Relay: h.relayURL(),
		Agent: datadir.AgentSocket, Store: datadir.StoreSocket,
	}, 0o644)
}
