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
	return c
}
