// Package agent assembles the agent of one installation: it opens the
// installation file, the spool and the outbox, answers the local API, collects
// host facts, and sends what was gathered.
//
// It promises that the host does not notice: everything is bounded, nothing
// blocks a product, and an agent that cannot send keeps quiet and tries again
// later. Nothing is sent before the host takes part and its site's policy was
// heard. The connection closes within a second of this host's refusal; when the
// site refuses, nothing more leaves on it, and it only listens for the site's
// next word. A full disk refuses records and ends nothing.
//
// The logs of products that the registry names it reads at level enhanced only,
// and stops within a second when that ends.
//
// Its user can make it another installation while it runs: [Agent.ResetID], and
// [Agent.Erase], which also has the store erase what it holds. What was taken and
// not sent yet goes with the old one; an erasure goes on until the store has
// confirmed it, over restarts, and is the one thing that is sent although this
// host does not take part.
package agent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/otlp"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/anon/own"
	"github.com/tacit-telemetry/tacit/anon/scrub"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// Config says what the agent reports as, and where to.
type Config struct {
	Data        datadir.Dir             // the caller holds its lock
	Product     schema.Product          // that the agent's own records are of
	Registry    *registry.Registry      // nil: the base registry
	Relays      []string                // URLs of relays, tls:// or nats://; none: nothing is ever dialled
	Fingerprint certificate.Fingerprint // see upload.Config
	Credential  string                  // the channel's
	Vendor      ed25519.PublicKey       // that signs the key list
	Observe     bool                    // true: look beside a running agent or in its place; write nothing down
	OTLP        net.Listener            // where OpenTelemetry is taken, see otlp.Listen; Stop closes it; nil: nowhere
	Host        []collect.Source        // the host's own facts; nil: those of this host
	Sources     []collect.Source        // beside the host's own
	Grace       time.Duration           // from the first start to the first sending; 0: none
	Interval    time.Duration           // between gatherings; 0: 1 hour
	Facts       time.Duration           // between looks at the host; 0: 1 hour
	Window      time.Duration           // see upload.Config
	LogWindow   time.Duration           // in which equal lines of a log are one record; 0: 1 minute
	Timeout     time.Duration           // see upload.Config
	Now         func() time.Time        // nil: time.Now
	Logger      *slog.Logger            // nil: discard
}

func (c *Config) defaults() {
	if c.Registry == nil {
		c.Registry = registry.Base()
	}
	if c.Interval == 0 {
		c.Interval = time.Hour
	}
	if c.Facts == 0 {
		c.Facts = time.Hour
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}

// Agent is the agent of one host: of the installation that it is now.
type Agent struct {
	config Config

	created       time.Time // of the host's first installation
	own           *own.Identifiers
	participation *participation.Resolver
	eraser        *upload.Eraser
	sources       []collect.Source
	api           *local.Server
	telemetry     *otlp.Receiver // nil: OpenTelemetry is not taken
	otlp          *otlp.Server
	timing        sampler
	turnedOn      chan struct{} // holds one: somebody said on
	lookAgain     chan struct{} // holds one: records are taken that were refused
	missed        atomic.Bool   // the last look at the host was refused
	logs          logs
	looked        chan struct{} // closed when the host was looked at once
	lookedOnce    sync.Once

	resets sync.Mutex   // one at a time
	using  sync.RWMutex // held for reading by who works with parts, see hold
	parts  *parts       // of the installation that this is now

	life  context.Context // New's, and from Start to Stop: sending goes on when who asked for it left
	sends sync.WaitGroup  // rounds that somebody asked for
	stop  context.CancelFunc
	done  chan struct{} // closed when every loop has ended
}

// New opens everything and starts nothing. The caller calls Stop, also after
// an error of Start.
func New(ctx context.Context, c Config) (*Agent, error) {
	c.defaults()
	a := &Agent{
		config: c, done: make(chan struct{}), looked: make(chan struct{}),
		turnedOn: make(chan struct{}, 1), life: ctx, lookAgain: make(chan struct{}, 1), stop: func() {},
	}
	close(a.done)
	dir := c.Data.Agent()
	if err := durable.MakeOwnerDir(dir); err != nil {
		return nil, err
	}
	if err := a.open(ctx, dir); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *Agent) open(ctx context.Context, dir string) (err error) {
	a.eraser, err = upload.NewEraser(upload.EraserConfig{
		Relays: a.config.Relays, Fingerprint: a.config.Fingerprint, Credential: a.config.Credential, Vendor: a.config.Vendor,
		Dir: dir, Timeout: a.config.Timeout, Now: a.config.Now, Logger: a.config.Logger,
	})
	if err != nil {
		return err
	}
	in, err := a.settledInstallation(dir)
	if err != nil {
		return err
	}
	a.created = in.Created
	if a.own, err = own.Gather(ctx, own.Config{Common: scrub.Known, Installation: formsOf(in)}); err != nil {
		a.config.Logger.Warn("not all of this host's identifiers could be read", slog.String("error", bare(err)))
	}
	if a.participation, err = a.newParticipation(dir); err != nil {
		return err
	}
	host := a.config.Host
	if host == nil {
		host = collect.Host(collect.Config{DataDir: string(a.config.Data), Registry: a.config.Registry, Country: a.country})
	}
	a.sources = slices.Concat(host, a.config.Sources)
	if a.config.OTLP != nil {
		a.telemetry = a.newTelemetry()
	}
	a.parts, err = a.openParts(in, dir)
	return err
}

// formsOf returns the installation ID in every form that people write it.
func formsOf(in *identity.Installation) []string {
	return []string{in.ID.String(), identity.Spoken(in.ID)}
}

func (a *Agent) newParticipation(dir string) (*participation.Resolver, error) {
	return participation.New(participation.Config{
		Dir: dir, Witness: a.config.Data.Witness("agent"), Relay: len(a.config.Relays) > 0, Observe: a.config.Observe,
		Default: a.programmeDefault, Release: func() uint32 { return uint32(a.config.Registry.Release) },
		Now: a.config.Now, Logger: a.config.Logger,
	})
}

// Start answers the local API and OpenTelemetry, and begins to collect and send.
func (a *Agent) Start(ctx context.Context) error {
	l, err := datadir.Listen(a.config.Data.Run(), datadir.AgentSocket, 0o666)
	if err != nil {
		return fmt.Errorf("start agent: %w", err)
	}
	ctx, a.stop = context.WithCancel(ctx)
	a.life = ctx
	a.api = local.Serve(l, a)
	if a.telemetry != nil {
		a.otlp = otlp.Serve(a.config.OTLP, a.telemetry)
	}
	a.done = make(chan struct{})
	go a.run(ctx)
	return nil
}

// Stop ends everything, within ctx. What was accepted stays on disk and is
// sent by the next start.
func (a *Agent) Stop(ctx context.Context) error {
	a.stop()
	p, release := a.held()
	p.end() // also what a caller of the local API waits for
	p.uploader.Hangup()
	release()
	var err error
	if a.api != nil {
		err = a.api.Stop(ctx)
		a.api = nil
	}
	err = errors.Join(err, a.stopTelemetry(ctx))
	a.sends.Wait()
	<-a.done
	return errors.Join(err, a.parts.close())
}
