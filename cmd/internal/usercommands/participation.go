package usercommands

import (
	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

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
		Long:  "Take back this host's own refusal, and acknowledge what the registry in use collects. Whatever else\nrefuses, as 'why' shows, still does.",
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
