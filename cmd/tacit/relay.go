package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/cmd/internal/health"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/relay/door"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

// relayMemory is for the Go memory of a relay: 20,000 agents take 1.8 GiB with
// TLS, and a full pool comes on top.
const relayMemory = 3 << 30

type daemonOptions struct {
	config  string
	verbose bool
}

func (o *daemonOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.config, "config", "", "configuration file")
	c.Flags().BoolVar(&o.verbose, "verbose", false, "log to stderr what happens; never what is sent, and never who")
}

func relayCommand(env *cli.Env) *cobra.Command {
	var o daemonOptions
	c := &cobra.Command{
		Use:   "relay",
		Short: "the relay of a site, with its console, or the vendor's edge",
		Long: "Run a relay, as --config says. With next it is a site's: agents reach it, and the administrator decides\n" +
			"in its console. With stream it is the vendor's edge, which holds envelopes for the stores.",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return runRelay(c.Context(), env, o) },
	}
	o.flags(c)
	c.AddCommand(config.CheckCommand(env, func(file string) (config.Report, error) { return checkRelay(env, file) }), recoverCommand(env))
	return c
}

// relayDaemon is a relay in a process of its own.
type relayDaemon struct {
	env      *cli.Env
	settings *relaySettings
	logger   *slog.Logger

	data                   datadir.Dir
	registry               *registry.Registry
	certificate            *tls.Certificate // nil: without TLS
	channel, stores, desks credential
	relay                  *relay.Relay
	health                 *health.Server // nil: off

	undo undo
}

func runRelay(ctx context.Context, env *cli.Env, o daemonOptions) (err error) {
	s, err := readRelaySettings(o.config)
	if err != nil {
		return err
	}
	reg, _, err := config.Registry(s.Registry)
	if err != nil {
		return err
	}
	limitMemory(relayMemory)
	d := &relayDaemon{env: env, settings: s, logger: env.Logger(o.verbose), data: env.DataOr(s.Data), registry: reg}
	defer func() { err = errors.Join(err, d.undo.closeInTime(ctx, stopTime)) }()
	for _, step := range []func(context.Context) error{d.openData, d.openCertificate, d.openRelay, d.openHealth} {
		if err := step(ctx); err != nil {
			return explainRelay(err)
		}
	}
	if err := d.tell(); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (d *relayDaemon) openData(ctx context.Context) (err error) {
	if err := d.data.Make(); err != nil {
		return err
	}
	if err := hold(ctx, &d.undo, d.data, relayLock); err != nil {
		return err
	}
	if err := datadir.MakeOwner(d.data.Relay(), d.data.Keys()); err != nil {
		return err
	}
	if d.channel, err = openCredential(d.settings.Credential, d.data, channelFile); err != nil || !d.settings.stream.There {
		return err
	}
	if d.stores, err = openCredential(d.settings.Stream.StoreCredential, d.data, storeChannelFile); err != nil {
		return err
	}
	d.desks, err = openCredential(d.settings.Stream.DeskCredential, d.data, deskChannelFile)
	return err
}

// tlsDir is the directory of an own certificate.
func tlsDir(data datadir.Dir) string { return filepath.Join(data.Relay(), "tls") }

func (d *relayDaemon) openCertificate(context.Context) error {
	if !d.settings.TLS {
		return nil
	}
	c, err := d.settings.openCertificate(d.data)
	if err != nil {
		return err
	}
	d.certificate = &c
	return nil
}

// openCertificate loads the configured certificate, or the own one, which it
// makes at the first start for all names by which the relay is reached.
func (s *relaySettings) openCertificate(data datadir.Dir) (tls.Certificate, error) {
	if s.Certificate != "" {
		return certificate.Load(s.Certificate, s.CertificateKey)
	}
	var names []string
	for _, a := range append(slices.Clone(s.Addresses), s.Listen, s.Console) {
		if !a.Everywhere() && !slices.Contains(names, a.Host) {
			names = append(names, a.Host)
		}
	}
	return certificate.Own(tlsDir(data), names, time.Now())
}

// fingerprint returns that of the certificate, "" without TLS.
func (d *relayDaemon) fingerprint() string {
	if d.certificate == nil {
		return ""
	}
	return certificate.Of(*d.certificate).String()
}

func (d *relayDaemon) openRelay(ctx context.Context) (err error) {
	d.relay, err = startRelay(ctx, d.config())
	if err != nil {
		return err
	}
	d.undo.later(d.relay.Stop)
	return nil
}

func (d *relayDaemon) openHealth(ctx context.Context) (err error) {
	if d.settings.Metrics.Off {
		return nil
	}
	d.health, err = startHealth(ctx, &d.undo, health.Config{
		Listen: d.settings.Metrics.String(), Ready: d.notReady, Counts: func() []health.Count { return relayCounts(d.relay.Stats()) },
	})
	return err
}

// startHealth starts the server of health and counts until u is undone.
func startHealth(ctx context.Context, u *undo, c health.Config) (*health.Server, error) {
	h, err := health.New(c)
	if err == nil {
		err = h.Start(ctx)
	}
	if err != nil {
		return nil, cli.WithHint(err, "write another port as metrics: 127.0.0.1:PORT, or metrics: off")
	}
	u.later(h.Stop)
	return h, nil
}

// explainRelay adds what to do to errors of a start.
func explainRelay(err error) error {
	if errors.Is(err, door.ErrPortInUse) {
		return cli.WithHint(err, "end the process that has it, or choose another port in the configuration")
	}
	return explainHeld(err)
}
