package usercommands

import (
	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

func idCommand(env *cli.Env) *cobra.Command {
	spoken := false
	c := &cobra.Command{
		Use:   "id",
		Short: "print the installation ID",
		Long:  "Print the installation ID. It is random and made at the first start. Whoever you read it out to can\nopen this installation's history; nobody else can.",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("id")
			var in local.Installation
			err := ask(c.Context(), env,
				func(a *local.Caller) (err error) { in, err = a.Installation(c.Context()); return err },
				func(a *agent.Agent) error { in = a.Installation(); return nil })
			switch {
			case err != nil:
				return err
			case env.JSON:
				return env.PrintJSON(in)
			case spoken:
				env.Printf("%s\n", in.Spoken)
			default:
				env.Printf("%s\n", in.ID)
			}
			return nil
		},
	}
	c.Flags().BoolVar(&spoken, "spoken", false, "in the form to read out, with a check character")
	c.AddCommand(idResetCommand(env))
	return c
}

// idResetCommand is not counted, as erase is not.
func idResetCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "reset",
		Short: "become another installation",
		Long: "Make a new installation ID, hashing key and writer. What waited to be sent, and the outbox, are removed:\n" +
			"they were made under the old ones. What the store has already can be opened with the old ID until it\n" +
			"expires, and cannot be erased from here any more: 'erase' does both.",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var r local.Reset
			err := ask(c.Context(), env,
				func(a *local.Caller) (err error) { r, err = a.ResetID(c.Context()); return err },
				func(a *agent.Agent) (err error) { r, err = a.ResetID(c.Context()); return err })
			switch {
			case err != nil:
				return err
			case env.JSON:
				return env.PrintJSON(r)
			}
			printReset(env, r.Installation, r.Dropped)
			return nil
		},
	}
}
