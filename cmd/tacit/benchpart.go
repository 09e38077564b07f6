package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// benchPartCommand is how the bench runs a relay or a store in a process of its
// own: as the daemon's own command does, with a CPU profile, and until its
// input ends, so that no part outlives a bench that was killed.
func benchPartCommand(env *cli.Env) *cobra.Command {
	var o daemonOptions
	var profile string
	c := &cobra.Command{
		Use:       "part relay|store",
		Short:     "one daemon of the bench, until its input ends",
		Hidden:    true,
		ValidArgs: []string{"relay", "store"},
		Args:      cli.Args(cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs)),
		RunE: func(c *cobra.Command, args []string) error {
			run := runRelay
			if args[0] == "store" {
				run = runStore
			}
			ctx, cancel := context.WithCancel(c.Context())
			defer cancel()
			go func() { // ends with the process at the latest
				_, _ = io.Copy(io.Discard, env.In)
				cancel()
			}()
			return profiled(profile, func() error { return run(ctx, env, o) })
		},
	}
	o.flags(c)
	c.Flags().StringVar(&profile, "cpuprofile", "", "file for the CPU profile")
	return c
}

// profiled runs f and writes a CPU profile of the process meanwhile; "": none.
func profiled(path string, f func() error) (err error) {
	if path == "" {
		return f()
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write a CPU profile: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return errors.Join(fmt.Errorf("write a CPU profile: %w", err), file.Close())
	}
	defer func() {
		pprof.StopCPUProfile()
		err = errors.Join(err, file.Close())
	}()
	return f()
}
