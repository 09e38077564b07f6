package agent

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/agent/intake"
	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/agent/spool"
	"github.com/tacit-telemetry/tacit/agent/support"
	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/anon"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/anon/page"
	"github.com/tacit-telemetry/tacit/anon/scrub"
)

// parts are what knows one installation: its keys, and all that was taken,
// gathered and sent under them. A reset ends them and makes others, while the
// rest of the agent goes on.
type parts struct {
	installation *identity.Installation
	root         page.Root
	spool        *spool.Spool
	outbox       *outbox.Outbox
	treatments   *anon.Treatments
	intake       *intake.Intake
	uploader     *upload.Uploader
	support      *support.Support
	facts        facts

	life context.Context // until the parts end
	end  context.CancelFunc
}

// Names below the agent's directory.
const (
	spoolDir  = "spool"
	outboxDir = "outbox"
)

// openParts opens what belongs to an installation.
func (a *Agent) openParts(in *identity.Installation, dir string) (*parts, error) {
	p := &parts{installation: in, root: page.NewRoot(in.ID)}
	p.life, p.end = context.WithCancel(context.Background())
	err := a.openSpool(p, dir)
	if err == nil {
		p.intake = a.newIntake(p)
		p.uploader, err = a.newUploader(p, dir)
	}
	if err == nil {
		p.support, err = support.Open(support.Config{Dir: dir, Root: p.root, Sender: p.uploader, Now: a.config.Now, Logger: a.config.Logger})
	}
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// settledInstallation opens the installation file, or makes it. An installation
// whose erasure was ordered is replaced, and what another one has left is
// removed: it is the other's to send, and its page numbers mean nothing here.
// Only then is the new one settled, so that a crash in between repeats it.
func (a *Agent) settledInstallation(dir string) (*identity.Installation, error) {
	c := identity.Config{Dir: dir, Now: a.config.Now}
	in, err := identity.Open(c)
	if err == nil && a.eraser.Ordered(page.NewRoot(in.ID)) {
		in, err = becomeAnother(c)
	}
	if err != nil || !in.Remains {
		return in, err
	}
	for _, name := range []string{spoolDir, outboxDir, upload.PlacesFile} {
		err = errors.Join(err, os.RemoveAll(filepath.Join(dir, name)))
	}
	err = errors.Join(err, support.Drop(dir))
	if err != nil {
		return nil, fmt.Errorf("become an installation of its own: %w", err)
	}
	return in, identity.Settle(dir)
}

// becomeAnother replaces the installation file. Support codes open what the one
// before has sent: that they are to be revoked is noted first.
func becomeAnother(c identity.Config) (*identity.Installation, error) {
	if err := support.RevokeAll(c.Dir); err != nil {
		return nil, err
	}
	return identity.Reset(c)
}

func (a *Agent) openSpool(p *parts, dir string) (err error) {
	p.spool, err = spool.Open(spool.Config{Dir: filepath.Join(dir, spoolDir), Now: a.config.Now, Logger: a.config.Logger})
	if err != nil {
		return err
	}
	p.outbox, err = outbox.Open(outbox.Config{Dir: filepath.Join(dir, outboxDir), Now: a.config.Now})
	return err
}

func (a *Agent) newIntake(p *parts) *intake.Intake {
	p.treatments = &anon.Treatments{
		Registry: a.config.Registry, HashingKey: p.installation.HashingKey,
		Scrubber: scrub.New(a.own, a.config.Registry.Modules()...),
	}
	return intake.New(intake.Config{
		Registry:  a.config.Registry,
		Treater:   p.treatments,
		Tripwire:  tripwire{a.own},
		Spool:     p.spool,
		Blocked:   p.keepBlocked,
		Writer:    p.installation.Writer,
		Terms:     a.terms,
		Known:     p.facts.areKnown,
		Ephemeral: a.machine().Ephemeral,
		Now:       a.config.Now,
		Logger:    a.config.Logger,
	})
}

func (a *Agent) newUploader(p *parts, dir string) (*upload.Uploader, error) {
	return upload.New(upload.Config{
		Relays: a.config.Relays, Fingerprint: a.config.Fingerprint, Credential: a.config.Credential, Vendor: a.config.Vendor,
		Build: page.Build{Release: a.config.Registry.Release, Version: a.config.Product.Version}, Dir: dir, Root: p.root, Spool: p.spool, Outbox: p.outbox, Passes: p.intake.Passes, MayGo: p.intake.MayGo,
		MaySend: a.maySend, MayListen: a.mayListen, SiteOff: a.siteOff, Site: a.participation,
		Window: a.config.Window, Timeout: a.config.Timeout, Now: a.config.Now, Logger: a.config.Logger,
	})
}

// keepBlocked keeps what the tripwire blocked where its user can see it.
func (p *parts) keepBlocked(b spool.Batch, class string) error {
	_, err := p.outbox.Add(outbox.Entry{Kind: b.Kind, Batch: b.ID, Plain: b.Plain, Outcome: "blocked: " + class})
	return err
}

func (p *parts) close() error {
	p.end()
	if p.uploader != nil {
		p.uploader.Hangup()
	}
	if p.spool != nil {
		return p.spool.Close()
	}
	return nil
}

// hold returns the parts of the installation that this host is, with a context
// that ends with them, and keeps them from being replaced until release. Who
// holds them must not ask for them again.
func (a *Agent) hold(ctx context.Context) (p *parts, within context.Context, release func()) {
	a.using.RLock()
	p = a.parts
	within, cancel := context.WithCancel(ctx)
	unlink := context.AfterFunc(p.life, cancel)
	return p, within, func() {
		unlink()
		cancel()
		a.using.RUnlock()
	}
}

// held is hold for what is answered at once.
func (a *Agent) held() (p *parts, release func()) {
	a.using.RLock()
	return a.parts, a.using.RUnlock
}
