package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/internal/certificate"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store/diagnosis"
)

// deskLock, in DIR/run, is held by the one desk that serves these accounts.
const deskLock = "desk"

func deskCommand(env *cli.Env) *cobra.Command {
	var o daemonOptions
	c := &cobra.Command{
		Use:   "desk",
		Short: "the vendor's desk: pages where engineers open one history, by ID or support code",
		Long: "Run the desk, as --config says, on the store's machine and as its user. It asks the store over its socket;\n" +
			"the ID that is typed stays in this process, and the store is told tags.",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return runDesk(c.Context(), env, o) },
	}
	o.flags(c)
	c.AddCommand(config.CheckCommand(env, func(file string) (config.Report, error) { return checkDesk(env, file) }), deskRecoverCommand(env))
	return c
}

// deskDaemon is a desk in a process of its own.
type deskDaemon struct {
	env      *cli.Env
	settings *deskSettings
	logger   *slog.Logger
	data     datadir.Dir
	desk     *servedDesk

	undo undo
}

func runDesk(ctx context.Context, env *cli.Env, o daemonOptions) (err error) {
	s, err := readDeskSettings(o.config)
	if err != nil {
		return err
	}
	limitMemory(memoryLimit)
	d := &deskDaemon{env: env, settings: s, logger: env.Logger(o.verbose), data: env.DataOr(s.Data)}
	defer func() { err = errors.Join(err, d.undo.closeInTime(ctx, stopTime)) }()
	for _, step := range []func(context.Context) error{d.openData, d.openDesk} {
		if err := step(ctx); err != nil {
			return explainHeld(err)
		}
	}
	if err := d.tell(); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

func (d *deskDaemon) openData(ctx context.Context) error {
	if err := d.data.Make(); err != nil {
		return err
	}
	if err := checkOwner(d.data.Store(), "store"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return hold(ctx, &d.undo, d.data, deskLock)
}

// openDesk serves the desk. The store may start later: until then a lookup says
// that it is away.
func (d *deskDaemon) openDesk(ctx context.Context) error {
	s := d.settings
	issues, err := readIssues(s.Issues)
	if err != nil {
		return err
	}
	o := deskOptions{
		data: d.data, listen: s.Listen.String(), logger: d.logger, recover: "tacit desk recover --config " + cli.Shown(s.file),
		histories: d.histories(issues),
	}
	if s.Certificate != "" {
		c, err := certificate.Load(s.Certificate, s.CertificateKey)
		if err != nil {
			return err
		}
		o.certificate = &c
	}
	d.desk, err = serveDesk(ctx, &d.undo, o)
	return err
}

// histories are asked of the store's process, and of nobody else: what is typed here
// must not come together with the store's keys.
func (d *deskDaemon) histories(issues *diagnosis.Known) *deskHistories {
	at := foundStore{data: d.data, asked: true}
	return &deskHistories{
		// Read each time: the store may have been given a release since.
		at: at, known: func() (*registry.Set, error) { return registriesFor(at, nil) }, issues: issues,
	}
}

// tell says where the desk is and, while nobody has an account, how the first
// administrator gets one.
func (d *deskDaemon) tell() error {
	line := startLine{name: "tacit desk"}
	line.add("desk %s", d.desk.url())
	line.add("asks the store of %s", d.data)
	line.print(d.env)
	code, err := d.desk.SetupCode()
	if err != nil || code == "" {
		return err
	}
	fmt.Fprintf(d.env.Err, "setup code %s: type it at %ssetup within an hour to become the first administrator of the desk\n", code, d.desk.url())
	return nil
}
