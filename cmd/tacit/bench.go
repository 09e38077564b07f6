package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// benchOptions are the flags of the bench.
type benchOptions struct {
	installations int
	records       int
	rounds        int
	envelopes     int
	profiles      string // directory for the CPU profiles; "": they are summed up and removed

	shown *progress
}

func benchCommand(env *cli.Env) *cobra.Command {
	o := benchOptions{}
	c := &cobra.Command{
		Use:   "bench",
		Short: "a simulated fleet through the real path, and where the CPU went",
		Long: "Run agents of made-up installations against a real relay and a real store, each in a process of its\n" +
			"own, on loopback and in a temporary directory; wait for the store's reply to every batch; and print how\n" +
			"fast that was, beside a plain write of the same records into the same kind of database.\n\n" +
			"All is synced and checked as in the field. Machines are noisy: compare ratios of one run, and take\n" +
			"several rounds. What could not be measured here is left out.",
		Args: cli.Args(func(c *cobra.Command, args []string) error { return errors.Join(o.check(), cobra.NoArgs(c, args)) }),
		RunE: func(c *cobra.Command, _ []string) error {
			o.shown = newProgress(env)
			return bench(c.Context(), env, o)
		},
	}
	c.Flags().IntVar(&o.installations, "installations", 64, "how many agents send")
	c.Flags().IntVar(&o.records, "records", 10_240_000, "how many records they send together in a round; much of a short one is its end, where the last replies are waited for")
	c.Flags().IntVar(&o.rounds, "rounds", 1, "rounds of plain write and fleet, interleaved; figures are medians")
	c.Flags().IntVar(&o.envelopes, "envelopes", 16_000, "how many envelopes are sealed beforehand and then sent, of each kind; 0: none")
	c.Flags().StringVar(&o.profiles, "cpuprofile", "", "directory to keep the CPU profiles of all processes in")
	c.AddCommand(benchPartCommand(env))
	return c
}

func (o *benchOptions) check() error {
	switch {
	case o.installations < 1 || o.installations > 1000:
		return cli.WithHint(fmt.Errorf("--installations is %d", o.installations), "take 1 to 1,000: each holds a connection and open files")
	case o.records < o.installations:
		return cli.WithHint(fmt.Errorf("--records is %d", o.records), "take at least one for each installation")
	case o.rounds < 1:
		return cli.WithHint(fmt.Errorf("--rounds is %d", o.rounds), "take 1 or more")
	case o.envelopes < 0:
		return cli.WithHint(fmt.Errorf("--envelopes is %d", o.envelopes), "take 0 to leave that part out")
	}
	return nil
}

// bench measures and prints.
func bench(ctx context.Context, env *cli.Env, o benchOptions) error {
	dir, err := os.MkdirTemp("", "tacit-bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	profiles := filepath.Join(dir, "profiles")
	if o.profiles != "" {
		profiles = o.profiles
	}
	if err := os.MkdirAll(profiles, 0o700); err != nil {
		return err
	}
	r := benchReport{Installations: o.installations, Records: o.records, Rounds: o.rounds}
	steps := []func() error{
		func() error { return benchFleet(ctx, env, o, filepath.Join(dir, "fleet"), profiles, &r) },
		func() error { return benchEnvelopes(ctx, env, o, filepath.Join(dir, "envelopes"), &r) },
	}
	defer o.shown.done()
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	o.shown.done()
	if env.JSON {
		return env.PrintJSON(r)
	}
	r.print(env)
	return nil
}

// benchFleet measures the whole path, and the plain write beside it.
func benchFleet(ctx context.Context, env *cli.Env, o benchOptions, dir, profiles string, r *benchReport) error {
	edge, err := startBenchEdge(ctx, env, dir, profiles)
	if err != nil {
		return err
	}
	defer edge.end()
	fleet, err := openBenchFleet(ctx, o, dir, edge)
	if err != nil {
		return err
	}
	defer fleet.stop(ctx)
	edge.store.watchMemory()
	began := edge.cpu()
	var plain, path []float64
	for round := range o.rounds {
		o.shown.say("round %d of %d: plain write", round+1, o.rounds)
		cpu := processCPU(os.Getpid())
		took, err := benchYardstick(ctx, filepath.Join(dir, fmt.Sprintf("plain%d", round)), o.records)
		if err != nil {
			return err
		}
		r.plainCPU += processCPU(os.Getpid()) - cpu
		plain = append(plain, float64(o.records)/took.Seconds())
		o.shown.say("round %d of %d: %d agents", round+1, o.rounds, o.installations)
		profile := filepath.Join(profiles, fmt.Sprintf("fleet%d.pprof", round+1))
		run, err := fleet.run(ctx, o.records, profile)
		if err != nil {
			return err
		}
		path = append(path, float64(o.records)/run.took.Seconds())
		r.fleetCPU += run.cpu
		r.addProfile("fleet", profile)
	}
	r.setSpeed(plain, path)
	if err := fleet.weigh(r); err != nil {
		return err
	}
	return r.setParts(edge, began, profiles, o)
}

// median returns the middle of the values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// errBench says that a part of the bench went wrong in a way that its figures
// would hide.
var errBench = errors.New("the bench is not valid")

// benchPatience is how long the bench waits for one part to be ready or to end.
const benchPatience = time.Minute
