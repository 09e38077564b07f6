package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent/upload"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/schema"
)

// Times of `up`. Everything is on one machine, so that waiting hides nothing.
const (
	upInterval  = 2 * time.Second // between gatherings
	upFacts     = time.Minute     // between looks at the host
	upWindow    = 200 * time.Millisecond
	upLogWindow = 5 * time.Second  // in which equal lines of a log are one record
	upTimeout   = 5 * time.Second  // for a reply
	onceLimit   = 30 * time.Second // of one full cycle
)

type upOptions struct {
	once    bool
	demo    bool
	verbose bool
	ports   int

	registries []string // files of a product's registry; none: the base

	issues string // the vendor's file of known issues; "": none

	passphraseFile string // of the store's secrets; "": they are plain, or the service manager gives it
}

func upCommand(env *cli.Env) *cobra.Command {
	var o upOptions
	c := &cobra.Command{
		Use:   "up",
		Short: "everything in one process, on this host's real facts",
		Long: "Run agent, relay and store in one process on loopback, and send this host's own telemetry through\n" +
			"them. With --once: one full cycle to the store's replies, then exit.\n\n" +
			"With --demo nothing of this host is sent: a simulated fleet of 300 installations reports 30 days through\n" +
			"the same relay and store, in a data directory of its own (" + demoData + " without --data), and everything that\n" +
			"shows it is marked " + simulated + ". With --demo --once: fill that directory, then exit.",
		Args: cli.Args(func(c *cobra.Command, args []string) error {
			if o.ports < 0 || o.ports > math.MaxUint16 {
				return cli.WithHint(fmt.Errorf("--ports %d is no port", o.ports), "take 1 to 65,535, or 0 for free ones")
			}
			if o.demo && len(o.registries) > 0 {
				return cli.WithHint(errors.New("--registry with --demo"), "leave it out: the demo's products have a registry of their own")
			}
			return cobra.NoArgs(c, args)
		}),
		RunE: func(c *cobra.Command, _ []string) error { return up(c.Context(), env, o) },
	}
	c.Flags().BoolVar(&o.once, "once", false, "one full cycle to the replies, then exit")
	c.Flags().BoolVar(&o.demo, "demo", false, "a simulated fleet in place of this host, in a data directory of its own")
	c.Flags().BoolVar(&o.verbose, "verbose", false, "log to stderr what happens; never what is sent")
	c.Flags().IntVar(&o.ports, "ports", defaultPort, "port of the relay, the console is at 8470, the desk at 8471, OpenTelemetry at 4318; 0: all free ones; one that is taken: a free one")
	c.Flags().StringArrayVar(&o.registries, "registry", nil, registryUsage)
	c.Flags().StringVar(&o.issues, "issues", "", "the vendor's file of known issues and of ends of life, for the desk")
	c.Flags().StringVar(&o.passphraseFile, "passphrase-file", "", passphraseUsage)
	return c
}

func up(ctx context.Context, env *cli.Env, o upOptions) (err error) {
	start := time.Now()
	if now := time.Now(); now.Before(schema.EarliestClock) {
		return cli.WithHint(fmt.Errorf("the clock of this machine says %s: it was never set", now.UTC().Format(time.DateOnly)),
			"set the date and run the same command again; nothing was sent, and nothing is lost")
	}
	if o.demo {
		env.DefaultData(demoData)
	}
	if err := checkDemo(env.Data(), o.demo); err != nil {
		return err
	}
	given, err := o.registry()
	if err != nil {
		return err
	}
	h := &house{env: env, options: o, registry: given}
	defer func() {
		// Within two seconds of Ctrl-C, whatever still runs. What ended by itself
		// is in no hurry.
		limit := storeStopTime
		if ctx.Err() != nil {
			limit = stopTime
		}
		err = errors.Join(err, h.undo.closeInTime(ctx, limit))
	}()
	if err := h.open(ctx); err != nil {
		return err
	}
	switch {
	case o.demo && o.once:
		return h.fillOnce(ctx)
	case o.demo:
		return h.runDemo(ctx)
	case o.once:
		return once(ctx, env, h, start)
	}
	if err := h.start(ctx); err != nil {
		return err
	}
	sum, failed := h.agent.Round(ctx, false)
	h.banner(sum, failed)
	h.untilStored(ctx, failed)
	<-ctx.Done()
	return nil
}

// registry returns the registry that is reported by.
func (o *upOptions) registry() (release, error) {
	if o.demo {
		return demoRegistry()
	}
	reg, files, err := config.Registry(o.registries)
	return release{reg, files}, err
}

// untilStored tries again until the first batches are stored, and says so. A
// host that does not take part has nothing to wait for.
func (h *house) untilStored(ctx context.Context, failed error) {
	for failed != nil && !errors.Is(failed, upload.ErrHeld) {
		select {
		case <-ctx.Done():
			return
		case <-time.After(upInterval):
		}
		var sum upload.Summary
		if sum, failed = h.agent.Round(ctx, false); failed == nil {
			h.env.Printf("sent %s\n", h.outcome(sum, nil))
		}
	}
}

// cycle is what `up --once --json` prints.
type cycle struct {
	InstallationID string `json:"installation_id"`
	Sent           int    `json:"sent"`
	Batches        int    `json:"batches"`
	Replies        int    `json:"replies"`
	BytesSent      int    `json:"bytes_sent"`
	DurationMS     int64  `json:"duration_ms"`
	Reason         string `json:"reason,omitempty"`
}

// once runs one full cycle: look at the host, gather, send, wait for replies.
func once(ctx context.Context, env *cli.Env, h *house, start time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, onceLimit)
	defer cancel()
	if err := h.agent.Collect(ctx); err != nil {
		return err
	}
	sum, err := h.agent.Round(ctx, false)
	if err != nil && !errors.Is(err, upload.ErrHeld) {
		return h.explain(err)
	}
	c := cycle{
		InstallationID: h.agent.Installation().ID, Sent: sum.Sent, Batches: sum.Batches, Replies: sum.Replies,
		BytesSent: sum.Bytes, DurationMS: time.Since(start).Milliseconds(),
	}
	if sum.Sent == 0 {
		c.Batches = 0
		c.Reason = "nothing waits to be sent"
		if why := h.agent.Why(); err != nil {
			c.Reason = h.agent.Reason(err)
		} else if !why.MaySend {
			c.Reason = why.Reason
		}
	}
	if env.JSON {
		return env.PrintJSON(c)
	}
	h.printOnce(sum, c)
	return nil
}
