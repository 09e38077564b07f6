package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"time"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/cmd/internal/usercommands"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema"
)

// stopTime bounds an orderly end.
const stopTime = 1800 * time.Millisecond

// maxCores is how much of a host an agent takes at once, however large the host
// is. What it keeps ready for every core is most of a megabyte on 16 of them.
const maxCores = 2

type options struct {
	config  string
	verbose bool
}

// serve runs the agent until a signal.
func serve(ctx context.Context, env *cli.Env, o options) (err error) {
	c, err := readSettings(o.config)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(min(maxCores, runtime.GOMAXPROCS(0)))
	reg, files, err := config.Registry(c.Registry)
	if err != nil {
		return err
	}
	logger, dir := env.Logger(o.verbose), env.DataOr(c.Data)
	if err := dir.Make(); err != nil {
		return err
	}
	lock, err := datadir.TakeLock(dir.Run(), usercommands.LockName)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Release()) }()
	telemetry, err := listenForTelemetry(ctx, c)
	if err != nil {
		return err
	}
	as := c.agent()
	as.Data, as.Registry, as.OTLP, as.Logger = dir, reg, telemetry, logger
	a, err := agent.New(ctx, as)
	if err != nil {
		return err
	}
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
		defer cancel()
		err = errors.Join(err, a.Stop(stop))
	}()
	if err := usercommands.KeepRegistry(dir, files); err != nil {
		logger.Warn("what is shown while no agent runs may lack something", slog.Any("error", err))
	}
	if err := a.Start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(env.Err, "tacit-agent %s runs; dials %s%s; tacit-agent why%s says whether it sends\n",
		cli.Version, where(c.Relays), taken(telemetry), cli.DataFlag(dir))
	if time.Now().Before(schema.EarliestClock) {
		logger.Warn("the clock of this host is not set: nothing is sent until it is right")
	}
	<-ctx.Done()
	return nil
}

// agent is what the file says of an agent.
func (s *settings) agent() agent.Config {
	return agent.Config{
		Product: cli.Product(), Relays: config.Strings(s.Relays), Fingerprint: s.Fingerprint, Credential: string(s.Credential),
		Vendor: s.vendor(), Grace: s.Grace, Interval: s.Interval, Window: s.Window,
	}
}

// where returns hosts and ports.
func where(relays []config.URL) string {
	out := make([]string, len(relays))
	for i, r := range relays {
		out[i] = r.Address().String()
	}
	return strings.Join(out, ", ")
}
