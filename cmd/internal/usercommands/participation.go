package usercommands

import (
	"fmt"
	"maps"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

func whyCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "why",
		Short: "is it on, and who decided",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("why")
			var said reasons
			err := ask(c.Context(), env,
				func(a *local.Caller) (err error) {
					if said.Why, err = a.Why(c.Context()); err == nil {
						said.Status, err = a.Status(c.Context())
					}
					return err
				},
				func(a *agent.Agent) error { said.Why, said.Status = a.Why(), a.Status(); return nil })
			if err != nil {
				return err
			}
			return printWhy(env, said)
		},
	}
}

// reasons is what `why` tells: who decided, and what waits or was lost here.
type reasons struct {
	local.Why
	Status local.Status `json:"status"`
}

func printWhy(env *cli.Env, why reasons) error {
	if env.JSON {
		return env.PrintJSON(why)
	}
	env.Printf("%s: %s\n", why.State, why.Reason)
	if !why.SendsFrom.IsZero() {
		env.Printf("In grace after the first start: nothing is sent before %s.\n", why.SendsFrom.UTC().Format(time.RFC3339))
	}
	env.Printf("\n")
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "INPUT\tSAYS\tVALUE\tSINCE\tSOURCE")
	for _, in := range why.Inputs {
		since := ""
		if !in.Since.IsZero() {
			since = in.Since.UTC().Format(time.DateOnly)
		}
		mark := ""
		if in.Name == why.By {
			mark = " *"
		}
		fmt.Fprintf(w, "%s%s\t%s\t%s\t%s\t%s\n", in.Name, mark, in.Says, in.Value, since, cli.Shown(in.Source))
	}
	fmt.Fprintln(w, "\n* decides")
	if err := w.Flush(); err != nil {
		return err
	}
	for _, note := range why.notes() {
		env.Printf("note: %s\n", note)
	}
	return nil
}

// notes says what was lost or refused, if anything was.
func (r *reasons) notes() (out []string) {
	if n := r.Status.Spool.Dropped; n > 0 {
		out = append(out, fmt.Sprintf("%s dropped, ever: the spool was over its bounds, or damaged", cli.Count(int(n), "record")))
	}
	if n := r.Status.Spool.Aside; n > 0 {
		out = append(out, fmt.Sprintf("%s set aside, ever, in agent/spool/aside", cli.Count(int(n), "damaged segment")))
	}
	for _, reason := range slices.Sorted(maps.Keys(r.Status.Refused)) {
		out = append(out, fmt.Sprintf("%s refused since the start: %s", cli.Count(int(r.Status.Refused[reason]), "record"), reason))
	}
	return out
}

func offCommand(env *cli.Env) *cobra.Command {
	purge := false
	c := &cobra.Command{
		Use:   "off",
		Short: "refuse on this host, at once",
		Long:  "Refuse on this host. A running agent closes its connection within a second and never dials again\nuntil 'on'. What the store has already stays until it expires or is erased.",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("off")
			return participate(c, env, local.Participate{On: false, Purge: purge})
		},
	}
	c.Flags().BoolVar(&purge, "purge", false, "also remove what was not sent yet, and the outbox")
	return c
}

func onCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "on",
		Short: "take back this host's own refusal",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			err := participate(c, env, local.Participate{On: true})
			env.Count("on")
			return err
		},
	}
}

func participate(c *cobra.Command, env *cli.Env, p local.Participate) error {
	var why local.Why
	err := ask(c.Context(), env,
		func(a *local.Caller) (err error) { why, err = a.Participate(c.Context(), p); return err },
		func(a *agent.Agent) (err error) { why, err = a.Participate(c.Context(), p); return err })
	switch {
	case err != nil:
		return err
	case env.JSON:
		return env.PrintJSON(why)
	}
	env.Printf("%s: %s\n", why.State, why.Reason)
	return nil
}
