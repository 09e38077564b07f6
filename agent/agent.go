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
package agent

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/participation"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/anon/own"
	"github.com/tacit-telemetry/tacit/anon/page"
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
	Sources     []collect.Source        // beside the host's own
	Grace       time.Duration           // from the first start to the first sending; 0: none
	Interval    time.Duration           // between gatherings; 0: 1 hour
	Facts       time.Duration           // between looks at the host; 0: 1 hour
	Window      time.Duration           // see upload.Config
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

// Agent is one installation's agent.
type Agent struct {
	config Config

	installation  *identity.Installation
	root          page.Root
	own           *own.Identifiers
	participation *participation.Resolver
	spool         *spool.Spool
	outbox        *outbox.Outbox
	intake        *intake.Intake
	uploader      *upload.Uploader
	sources       []collect.Source
	api           *local.Server
	facts         facts
	timing        sampler
	turnedOn      chan struct{} // holds one: somebody said on
	lookAgain     chan struct{} // holds one: records are taken that were refused
	missed        atomic.Bool   // the last look at the host was refused
	looked        chan struct{} // closed when the host was looked at once
	lookedOnce    sync.Once

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
	var err error
	if a.installation, err = identity.Open(identity.Config{Dir: dir, Now: c.Now}); err != nil {
		return nil, err
	}
	if a.installation.Cloned {
		if err := a.forgetSource(dir); err != nil {
			return nil, err
		}
	}
	a.root = page.NewRoot(a.installation.ID)
	if err := a.openParts(ctx, dir); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// forgetSource removes what a copied disk image brought along: it is the other
// host's to send, and its page numbers mean nothing here. Only then is the new
// installation settled, so that a crash in between repeats it.
func (a *Agent) forgetSource(dir string) error {
	var err error
	for _, name := range []string{spoolDir, outboxDir, upload.PlacesFile} {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	if err != nil {
		return fmt.Errorf("become an installation of its own: %w", err)
	}
	return identity.Settle(dir)
}

// Names below the agent's directory.
const (
	spoolDir  = "spool"
	outboxDir = "outbox"
)

func (a *Agent) openParts(ctx context.Context, dir string) (err error) {
	a.own, err = own.Gather(ctx, own.Config{
		Common:       scrub.Known,
		Installation: []string{a.installation.ID.String(), identity.Spoken(a.installation.ID)},
	})
	if err != nil {
		a.config.Logger.Warn("not all of this host's identifiers could be read", slog.String("error", bare(err)))
	}
	if a.participation, err = a.newParticipation(dir); err != nil {
		return err
	}
	if a.spool, err = spool.Open(spool.Config{Dir: filepath.Join(dir, spoolDir), Now: a.config.Now, Logger: a.config.Logger}); err != nil {
		return err
	}
	if a.outbox, err = outbox.Open(outbox.Config{Dir: filepath.Join(dir, outboxDir), Now: a.config.Now}); err != nil {
		return err
	}
	a.sources = append(collect.Host(collect.Config{
		DataDir: string(a.config.Data), Registry: a.config.Registry, Country: a.country,
	}), a.config.Sources...)
	a.intake = a.newIntake()
	a.uploader, err = upload.New(upload.Config{
		Relays: a.config.Relays, Fingerprint: a.config.Fingerprint, Credential: a.config.Credential, Vendor: a.config.Vendor,
		Dir: dir, Root: a.root, Build: page.Build{Release: a.config.Registry.Release, Version: a.config.Product.Version}, Spool: a.spool, Outbox: a.outbox, Passes: a.intake.Passes, MayGo: a.intake.MayGo,
		MaySend: a.maySend, MayListen: a.mayListen, SiteOff: a.siteOff, Site: a.participation,
		Window: a.config.Window, Timeout: a.config.Timeout, Now: a.config.Now, Logger: a.config.Logger,
	})
	return err
}

func (a *Agent) newParticipation(dir string) (*participation.Resolver, error) {
	return participation.New(participation.Config{
		Dir: dir, Witness: a.config.Data.Witness("agent"), Relay: len(a.config.Relays) > 0, Observe: a.config.Observe,
		Default: a.programmeDefault, Release: func() uint32 { return uint32(a.config.Registry.Release) },
		Now: a.config.Now, Logger: a.config.Logger,
	})
}

func (a *Agent) newIntake() *intake.Intake {
	return intake.New(intake.Config{
		Registry: a.config.Registry,
		Treater: &anon.Treatments{
			Registry: a.config.Registry, Scrubber: scrub.New(a.own), HashingKey: a.installation.HashingKey,
		},
		Tripwire:   tripwire{a.own},
		Spool:      a.spool,
		Blocked:    a.keepBlocked,
		Writer:     a.installation.Writer,
		MayCollect: func(p schema.Programme) bool { return a.participation.Decide().Programme(p).MayCollect },
		MaySend:    func(p schema.Programme) bool { return a.participation.Decide().Programme(p).MaySend },
		Level:      func() schema.Level { return a.participation.Decide().Level },
		Release:    func() uint32 { return a.participation.Decide().Release },
		Revision:   func() uint64 { return a.participation.Decide().Revision },
		Ephemeral:  a.machine().Ephemeral,
		Now:        a.config.Now,
		Logger:     a.config.Logger,
	})
}

// programmeDefault is the vendor's. A programme that the registry does not have
// is off.
func (a *Agent) programmeDefault(name schema.Programme) registry.Default {
	p, ok := a.config.Registry.Programme(name)
	if !ok {
		return registry.DefaultOff
	}
	return p.Default
}

// machine returns the machine policy. One that cannot be read sets nothing
// here; participation is unknown because of it, which holds everything.
func (a *Agent) machine() participation.Machine {
	m, err := a.participation.Machine()
	if err != nil {
		return participation.Machine{}
	}
	return m
}

func (a *Agent) country() string { return a.machine().Country }

// maySend says whether anything may leave: the host takes part, and had time
// to say no.
func (a *Agent) maySend() bool {
	return a.participation.Decide().MaySend && !a.inGrace()
}

// mayListen says whether this host allows a connection.
func (a *Agent) mayListen() bool { return a.participation.Decide().MayListen }

// siteOff says whether the site's last word is off.
func (a *Agent) siteOff() bool { return a.participation.Decide().SiteOff }

func (a *Agent) inGrace() bool {
	return a.config.Now().Before(a.installation.Created.Add(a.config.Grace))
}

// keepBlocked keeps what the tripwire blocked where its user can see it.
func (a *Agent) keepBlocked(b spool.Batch, class string) error {
	_, err := a.outbox.Add(outbox.Entry{Kind: b.Kind, Batch: b.ID, Plain: b.Plain, Outcome: "blocked: " + class})
	return err
}

// tripwire is own.Identifiers as intake wants it.
type tripwire struct{ own *own.Identifiers }

// Trips looks for this host's own identifiers.
func (t tripwire) Trips(plain []byte) (class string, hit bool) {
	h, hit := t.own.Scan(plain)
	return string(h.Class), hit
}

// Start answers the local API and begins to collect and send.
func (a *Agent) Start(ctx context.Context) error {
	l, err := datadir.Listen(a.config.Data.Run(), datadir.AgentSocket, 0o666)
	if err != nil {
		return fmt.Errorf("start agent: %w", err)
	}
	ctx, a.stop = context.WithCancel(ctx)
	a.life = ctx
	a.api = local.Serve(l, a)
	a.done = make(chan struct{})
	go a.run(ctx)
	return nil
}

// Stop ends everything, within ctx. What was accepted stays on disk and is
// sent by the next start.
func (a *Agent) Stop(ctx context.Context) error {
	a.stop()
	a.uploader.Hangup() // ends what a caller of the local API waits for
	var err error
	if a.api != nil {
		err = a.api.Stop(ctx)
		a.api = nil
	}
	a.sends.Wait()
	<-a.done
	return errors.Join(err, a.close())
}

func (a *Agent) close() error {
	if a.uploader != nil {
		a.uploader.Hangup()
	}
	if a.spool != nil {
		return a.spool.Close()
	}
	return nil
}
