package usercommands

import (
	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

func previewCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "preview",
		Short: "exactly what would be sent now; sends nothing",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("preview")
			var p local.Preview
			err := ask(c.Context(), env,
				func(a *local.Caller) (err error) { p, err = a.Preview(c.Context()); return err },
				func(a *agent.Agent) (err error) { p, err = a.Preview(); return err })
			if err != nil {
				return err
			}
			if env.JSON {
				return env.PrintJSON(p)
			}
			printPreview(env, p)
			return nil
		},
	}
}

func sendCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "send",
		Short: "send now, not mixed with others in time",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("send")
			s, err := local.NewCaller(env.Data().Run()).Send(c.Context())
			switch {
			case err != nil:
				return err
			case env.JSON:
				return env.PrintJSON(s)
			case s.Reason != "":
				env.Printf("sent %s: %s\n", cli.Count(s.Sent, "envelope"), s.Reason)
			default:
				env.Printf("sent %s, %s; %s. Sent at your word, so the moment is not mixed with others'.\n",
					cli.Count(s.Sent, "envelope"), cli.Sizes(s.Sizes), cli.Count(s.Replies, "reply"))
			}
			return nil
		},
	}
}
