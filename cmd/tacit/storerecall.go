package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// recallOptions are the flags of recall, as typed.
type recallOptions struct {
	release  uint32
	version  string
	from, to string
	dry, yes bool
}

func storeRecallCommand(env *cli.Env) *cobra.Command {
	var (
		place storePlace
		o     recallOptions
		r     upkeep.Recall
	)
	c := &cobra.Command{
		Use:   "recall --from DAY --to DAY [--registry R] [--agent VERSION]",
		Short: "destroy, unread, every page of a build that turned out to leak",
		Long: "Destroy every page that the named build sent between two days, both included. Registry release and agent\n" +
			"version stand outside the pages' seal, so that nothing is opened for it, and nobody can say whose pages\n" +
			"they were. At least one of the two is needed; without the other one, any is meant.\n\n" +
			"What is destroyed cannot be had back: try --dry-run first. A replay of such a page is not stored again,\n" +
			"and a backup that is restored loses it too: the order is remembered, also when there is nothing to destroy\n" +
			"now. Pages of that build that are sent later are kept: retire the build, then recall once more. Sums are\n" +
			"not touched: they hold nothing of one installation.\n\n" +
			whereHelp + "\n\nOn a terminal it counts and asks first, unless --yes is given.\n" +
			"Exit code 0: done; 1: not done, or the output says what could not be read.",
		Args: cli.Args(func(c *cobra.Command, args []string) (err error) {
			switch {
			case o.release == 0 && o.version == "":
				return errors.New("no build is named: --registry R, --agent VERSION, or both")
			case o.from == "" || o.to == "":
				return errors.New("no days are named: --from DAY --to DAY")
			}
			if r, err = o.recall(); err != nil {
				return err
			}
			return cobra.NoArgs(c, args)
		}),
		RunE: func(c *cobra.Command, _ []string) error { return recallPages(c.Context(), env, place, o, r) },
	}
	place.flags(c)
	c.Flags().Uint32Var(&o.release, "registry", 0, "release of the registry")
	c.Flags().StringVar(&o.version, "agent", "", "version of the agent")
	c.Flags().StringVar(&o.from, "from", "", "first day of sending, as 2026-11-01")
	c.Flags().StringVar(&o.to, "to", "", "last day of sending")
	c.Flags().BoolVar(&o.dry, "dry-run", false, "count, and destroy nothing")
	c.Flags().BoolVar(&o.yes, "yes", false, "do not ask")
	return c
}

func (o *recallOptions) recall() (upkeep.Recall, error) {
	r := upkeep.Recall{Release: schema.Release(o.release), Version: o.version, DryRun: o.dry}
	for _, day := range []struct {
		flag, text string
		into       *schema.Day
	}{{"--from", o.from, &r.From}, {"--to", o.to, &r.To}} {
		at, err := time.Parse(time.DateOnly, day.text)
		if err != nil {
			return r, cli.WithHint(fmt.Errorf("%s %q is no day", day.flag, day.text), "write it as 2026-11-01, in UTC")
		}
		*day.into = schema.DayOf(at)
	}
	if r.To < r.From {
		return r, cli.WithHint(fmt.Errorf("--to %s is before --from %s", o.to, o.from), "both days are included, the first one first")
	}
	return r, nil
}

func recallPages(ctx context.Context, env *cli.Env, place storePlace, o recallOptions, r upkeep.Recall) error {
	var got upkeep.Recalled
	err := withStore(ctx, env, place, func(s *upkeep.Source, p *progress) (err error) {
		if err := confirm(ctx, env, s, r, o, p); err != nil {
			return err
		}
		got, err = s.Recall(ctx, r, p.step)
		return err
	})
	if errors.Is(err, context.Canceled) && !o.dry {
		err = cli.WithHint(err, "what is destroyed stays so; run the same command again for the rest")
	}
	if err != nil {
		return err
	}
	if env.JSON {
		err = env.PrintJSON(got)
	} else {
		err = printRecalled(env, got)
	}
	if n := len(got.Findings); err == nil && n > 0 {
		err = notWhole(n, "what could be read was recalled; restore these months, and recall again")
	}
	return err
}

// confirm counts and asks, on a terminal; also when there is nothing to destroy
// now, because the order is remembered all the same.
func confirm(ctx context.Context, env *cli.Env, s *upkeep.Source, r upkeep.Recall, o recallOptions, p *progress) error {
	in, ok := env.In.(*os.File)
	if o.yes || o.dry || !ok || !term.IsTerminal(int(in.Fd())) {
		return nil
	}
	r.DryRun = true
	would, err := s.Recall(ctx, r, p.step)
	p.done()
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Err, "%s would be destroyed for good, and what arrives until then. The order is remembered: a backup that is\n"+
		"restored later loses such pages too. Type yes to go on: ", cli.Count(int(would.Pages), "page"))
	line, err := bufio.NewReader(io.LimitReader(in, 64)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if strings.TrimSpace(line) != "yes" {
		return cli.WithHint(errors.New("nothing was destroyed"), "type yes, or give --yes")
	}
	return nil
}

func printRecalled(env *cli.Env, r upkeep.Recalled) error {
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	for _, m := range r.Months {
		fmt.Fprintf(w, "%s\t%s of %s pages\n", m.Month, cli.Thousands(int(m.Pages)), cli.Thousands(int(m.Of)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.DryRun {
		env.Printf("%s would be destroyed; nothing was\n", cli.Count(int(r.Pages), "page"))
	} else {
		env.Printf("%s destroyed\n", cli.Count(int(r.Pages), "page"))
	}
	printFindings(env, r.Findings)
	return nil
}
