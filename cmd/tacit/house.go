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
	"strconv"
	"time"

	"github.com/nats-io/nats.go"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/demo"
	"github.com/tacit-telemetry/tacit/cmd/internal/usercommands"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/relay/gate"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
	"github.com/tacit-telemetry/tacit/store/secret"
)

// memoryLimit is for the Go heap of everything together; Badger needs one.
const memoryLimit = 512 << 20

// house is agent, relay and store in one process.
type house struct {
	env      *cli.Env
	options  upOptions
	registry release // without files: the base

	data    datadir.Dir
	logger  *slog.Logger
	relay   *relay.Relay
	store   *store.Store
	conn    *nats.Conn   // the store's
	otlp    net.Listener // nil: OpenTelemetry is not taken
	agent   *agent.Agent
	desk    *servedDesk   // nil: one cycle is all that is to be done
	known   *registry.Set // all releases that the store was ever given
	secrets *secret.Box
	vendor  ed25519.PrivateKey

	credential string // the channel's

	demo *demoHost // the host of the demo's user; nil: this host
	mark demoMark  // of a demo

	undo undo
}

// open opens everything up to the agent, which neither answers nor sends yet.
func (h *house) open(ctx context.Context) error {
	h.data = h.env.Data()
	h.logger = slog.New(slog.DiscardHandler)
	if h.options.verbose {
		h.logger = slog.New(slog.NewTextHandler(h.env.Err, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	limitMemory(memoryLimit)
	for _, step := range []func(context.Context) error{h.openData, h.openDemo, h.openKeys, h.openRelay, h.openStore, h.openDesk, h.openAgent, h.tellWhere} {
		if err := step(ctx); err != nil {
			return h.explain(err)
		}
	}
	return nil
}

func (h *house) openData(ctx context.Context) error {
	makeData := h.data.Make
	if h.options.demo {
		makeData = h.data.MakeDemo
	}
	if err := makeData(); err != nil {
		return err
	}
	for _, name := range []string{usercommands.LockName, relayLock} {
		if err := hold(ctx, &h.undo, h.data, name); err != nil {
			return err
		}
	}
	return nil
}

func (h *house) openKeys(context.Context) error {
	err := datadir.MakeOwner(h.data.Agent(), h.data.Relay(), h.data.Store(), h.data.Keys())
	if err != nil {
		return err
	}
	if h.known, err = keepRegistries(h.data.Store(), h.registry); err != nil {
		return err
	}
	h.secrets, err = secret.Open(h.data.Keys(), passphrase(h.options.passphraseFile))
	return explainSecrets(err)
}

func (h *house) openRelay(ctx context.Context) error {
	channel, err := openSecrets(h.secrets)
	if err != nil {
		return err
	}
	h.vendor, h.credential = channel.vendor, channel.credential
	c := h.relayConfig(channel)
	// A port that is taken gives way to a free one, each by itself.
	for range 3 {
		h.relay, err = startRelay(ctx, c)
		switch {
		case errors.Is(err, relay.ErrConsolePort):
			c.Console.Listen = anyPort
			continue
		case errors.Is(err, door.ErrPortInUse):
			c.Listen = anyPort
			continue
		}
		break
	}
	if err != nil {
		return err
	}
	h.undo.later(h.relay.Stop)
	return nil
}

// anyPort is loopback with a free port.
const anyPort = "127.0.0.1:0"

// relayConfig is of a relay that is the site's and the edge in one, with a
// console, unless one cycle is all that is to be done.
func (h *house) relayConfig(channel secrets) relay.Config {
	c := relay.Config{
		Dir: h.data.Relay(), Listen: net.JoinHostPort("127.0.0.1", strconv.Itoa(h.options.ports)),
		Credential: channel.credential, VendorKey: h.publicKey(), MinPeers: 1, MaxWait: upWindow, FlushEvery: upWindow / 4,
		Quota: gate.Quota{Envelopes: 100_000, Bytes: 1 << 30}, Logger: h.logger,
		Site: true, Witness: h.data.Witness("relay"), Registry: h.registry.Registry,
	}
	if !h.options.once {
		c.Console = &relay.Console{
			Listen: defaultConsole.String(), Simulated: h.demo != nil, Agent: newOwnAgent(h.data), RecoverCommand: "tacit relay recover" + cli.DataFlag(h.data),
		}
		if h.options.ports == 0 {
			c.Console.Listen = anyPort
		}
	}
	return c
}

func (h *house) publicKey() ed25519.PublicKey { return h.vendor.Public().(ed25519.PublicKey) }

func (h *house) openStore(ctx context.Context) (err error) {
	if h.conn, err = h.relay.StoreConn(); err != nil {
		return err
	}
	h.undo.later(func(context.Context) error { h.conn.Close(); return nil })
	err = patiently(ctx, func() (err error) {
		h.store, err = store.New(ctx, store.Config{
			Dir: h.data.Store(), Secrets: h.secrets, Vendor: store.NewVendor(h.vendor), RunDir: h.data.Run(), Conn: h.conn,
			Registry: h.known, GroupWait: upWindow / 4, Logger: h.logger,
		})
		return err
	})
	if err != nil {
		return err
	}
	h.undo.later(h.store.Stop)
	if err := h.store.Start(ctx); err != nil {
		return err
	}
	_, err = h.store.PublishKeys(ctx) // the relay has the list before an agent asks
	return err
}

// knownIssues are the vendor's, or the demo's own.
func (h *house) knownIssues() (*diagnosis.Known, error) {
	if h.demo != nil {
		return diagnosis.ParseKnown(issuesFile, demo.Issues)
	}
	return readIssues(h.options.issues)
}

// openDesk serves the desk on this machine, for whoever has all of it anyway.
func (h *house) openDesk(ctx context.Context) (err error) {
	if h.options.once {
		return nil
	}
	issues, err := h.knownIssues()
	if err != nil {
		return err
	}
	listen := defaultDesk.String()
	if h.options.ports == 0 {
		listen = anyPort
	}
	o := deskOptions{
		data: h.data, own: true, listen: listen, logger: h.logger, recover: "tacit desk recover" + cli.DataFlag(h.data),
		simulated: h.demo != nil,
		histories: &deskHistories{
			at:    foundStore{data: h.data, keys: h.data.Keys(), passphrase: passphrase(h.options.passphraseFile)},
			known: func() (*registry.Set, error) { return h.known, nil }, issues: issues,
		},
	}
	if h.desk, err = serveDesk(ctx, &h.undo, o); door.PortInUse(err) {
		o.listen = anyPort
		h.desk, err = serveDesk(ctx, &h.undo, o)
	}
	return err
}

func (h *house) openAgent(ctx context.Context) (err error) {
	if err := h.listenForTelemetry(ctx); err != nil {
		return err
	}
	c := h.agentConfig(h.data)
	if h.demo != nil {
		c = h.demoAgent(h.data, h.demo)
	}
	c.OTLP = h.otlp
	if h.agent, err = agent.New(ctx, c); err != nil {
		return err
	}
	h.undo.later(h.agent.Stop)
	if err := usercommands.KeepRegistry(h.data, h.registry.files); err != nil {
		h.logger.Warn("what is shown while no agent runs may lack something", slog.Any("error", err))
	}
	h.agent.Hear(ctx) // what is taken before the site's first word is refused
	if h.demo != nil {
		return nil
	}
	_, err = h.agent.Take(ctx, []schema.Record{{
		Product: cli.Product(), Metric: "tacit.command.used", Value: schema.Number(1),
		Labels: []schema.Label{{Name: "command", Value: "up"}},
	}}, false)
	return err
}

// agentConfig returns how this host's agent is assembled, but for OpenTelemetry.
func (h *house) agentConfig(data datadir.Dir) agent.Config {
	return agent.Config{
		Data: data, Product: cli.Product(), Registry: h.registry.Registry, Relays: []string{h.relayURL()}, Credential: h.credential,
		Vendor: h.publicKey(), Sources: []collect.Source{h.engine()},
		Interval: upInterval, Facts: upFacts, Window: upWindow, LogWindow: upLogWindow, Timeout: upTimeout, Logger: h.logger,
	}
}

func (h *house) relayURL() string { return "nats://" + h.relay.Addr().String() }

// consoleURL is where the console is, or "" without one.
func (h *house) consoleURL() string {
	if h.relay.ConsoleAddr() == nil {
		return ""
	}
	return "http://" + h.relay.ConsoleAddr().String() + "/"
}

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
	Console string    `json:"console,omitempty"`
	Desk    string    `json:"desk,omitempty"`
	OTLP    string    `json:"otlp,omitempty"`
	Agent   string    `json:"agent"` // name of the endpoint, in this directory
	Store   string    `json:"store"`
}

func (h *house) tellWhere(context.Context) error {
	path := filepath.Join(h.data.Run(), endpointsFile)
	h.undo.later(func(context.Context) error { return os.Remove(path) })
	return writeJSON(path, endpoints{
		PID: os.Getpid(), Started: time.Now().UTC().Truncate(time.Second), Relay: h.relayURL(), Console: h.consoleURL(), Desk: h.desk.url(), OTLP: h.otlpURL(),
		Agent: datadir.AgentSocket, Store: datadir.StoreSocket,
	}, 0o644)
}
