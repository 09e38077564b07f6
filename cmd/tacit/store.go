package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/cmd/internal/health"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/registry"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/engineers"
	"github.com/tacit-telemetry/tacit/store/secret"
)

func storeCommand(env *cli.Env) *cobra.Command {
	var o daemonOptions
	c := &cobra.Command{
		Use:   "store",
		Short: "the vendor's store: opens what the edge holds, and answers lookups",
		Long: "Run a store, as --config says. It dials the edge and listens for nobody else: tacit lookup finds it\n" +
			"on this machine by its data directory, or asks at the edge with a credential (tacit store engineer).",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error { return runStore(c.Context(), env, o) },
	}
	o.flags(c)
	c.AddCommand(config.CheckCommand(env, func(file string) (config.Report, error) { return checkStore(env, file) }),
		storeKeysCommand(env), storeEngineerCommand(env), storeEraseCommand(env),
		storeVerifyCommand(env), storeBackupCommand(env), storeRestoreCommand(env), storeRecallCommand(env))
	return c
}

// storeDaemon is a store in a process of its own.
type storeDaemon struct {
	env      *cli.Env
	settings *storeSettings
	logger   *slog.Logger

	data    datadir.Dir
	given   []release     // of the registry
	known   *registry.Set // all of these that it was ever given
	secrets *secret.Box
	vendor  *store.Vendor
	edge    *edge
	store   *store.Store
	health  *health.Server // nil: off

	undo undo
}

func runStore(ctx context.Context, env *cli.Env, o daemonOptions) (err error) {
	s, err := readStoreSettings(env, o.config)
	if err != nil {
		return err
	}
	given, err := readReleases(s.Registries)
	if err != nil {
		return err
	}
	limitMemory(memoryLimit)
	d := &storeDaemon{env: env, settings: s, logger: env.Logger(o.verbose), data: env.DataOr(s.Data), given: given}
	defer func() { err = errors.Join(err, d.undo.closeInTime(ctx, storeStopTime)) }()
	for _, step := range []func(context.Context) error{d.openData, d.openEdge, d.openStore, d.tellKeys, d.openHealth} {
		if err := step(ctx); err != nil {
			return explainHeld(err)
		}
	}
	d.tell()
	<-ctx.Done()
	return nil
}

func (d *storeDaemon) openData(context.Context) (err error) {
	if err := d.data.Make(); err != nil {
		return err
	}
	if err := datadir.MakeOwner(d.data.Store(), d.settings.Keys); err != nil {
		return err
	}
	if d.known, err = keepRegistries(d.data.Store(), d.given...); err != nil {
		return err
	}
	if d.secrets, err = secret.Open(d.settings.Keys, passphrase(d.settings.Passphrase)); err != nil {
		return explainSecrets(err)
	}
	d.vendor, err = store.OpenVendor(d.secrets, d.data.Store())
	return err
}

func (d *storeDaemon) openEdge(ctx context.Context) (err error) {
	if d.edge, err = dialEdge(ctx, d.settings, d.logger); err != nil {
		return fmt.Errorf("dial the edge: %w", err)
	}
	d.undo.later(func(context.Context) error { d.edge.conn.Close(); return nil })
	return nil
}

func (d *storeDaemon) openStore(ctx context.Context) error {
	log, err := audit.Open(auditOf(d.data, d.logger))
	if err != nil {
		return err
	}
	err = patiently(ctx, func() (err error) {
		d.store, err = store.New(ctx, store.Config{
			Dir: d.data.Store(), Secrets: d.secrets, Vendor: d.vendor, RunDir: d.data.Run(), Conn: d.edge.conn, Registry: d.known,
			Group: d.settings.Group, RetentionDays: d.settings.RetentionDays, Logger: d.logger,
			Engineers: engineers.In(d.data.Desk()), Audit: log,
		})
		return err
	})
	if err != nil {
		return err
	}
	d.undo.later(d.store.Stop)
	return d.store.Start(ctx)
}

// tellKeys lets the store tell the edge its key list whenever the connection
// comes up, until the daemon ends.
func (d *storeDaemon) tellKeys(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { d.edge.watch(ctx, d.store.TellKeys) })
	d.undo.later(func(context.Context) error {
		cancel()
		running.Wait()
		return nil
	})
	return nil
}

func (d *storeDaemon) openHealth(ctx context.Context) (err error) {
	if d.settings.Metrics.Off {
		return nil
	}
	d.health, err = startHealth(ctx, &d.undo, health.Config{
		Listen: d.settings.Metrics.String(), Ready: d.notReady, Counts: d.counts,
	})
	return err
}

// notReady says in fixed words why nothing new is taken, or "".
func (d *storeDaemon) notReady() string {
	if err := d.store.Ready(); err != nil {
		return err.Error()
	}
	return d.edge.trouble()
}

// tell says in one line what runs where.
func (d *storeDaemon) tell() {
	line := startLine{name: "tacit store"}
	line.add("asked by tacit lookup%s", cli.DataFlag(d.data))
	line.add("vendor_key %s", hex.EncodeToString(d.vendor.Public))
	if d.health != nil {
		line.add("health http://%s/readyz", d.health.Addr())
	}
	if trouble := d.edge.trouble(); trouble != "" {
		line.add("%s; it is tried again", trouble)
	}
	line.print(d.env)
}
