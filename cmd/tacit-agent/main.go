// Command tacit-agent is the small daemon of an endpoint, and the commands of
// whoever uses that endpoint: id, lookups, debug, why, off, on, preview, send,
// outbox, erase.
//
// Without a command it runs as the agent that its configuration file says. It
// keeps quiet: one line when it starts, and trouble.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
	"github.com/tacit-telemetry/tacit/cmd/internal/usercommands"
	"github.com/tacit-telemetry/tacit/internal/process"
)

func main() { os.Exit(run()) }

func run() int {
	if err := process.KeepSecrets(); err != nil {
		fmt.Fprintf(os.Stderr, "warning: %v\n", err)
	}
	root := &cobra.Command{
		Use:   "tacit-agent",
		Short: "the agent of one endpoint",
		Long:  "Run the agent of this endpoint, as --config says. The commands ask the running agent; none needs root.",
		Args:  cli.Args(cobra.NoArgs),
	}
	return cli.Run(root, func(root *cobra.Command, env *cli.Env) {
		var o options
		root.Flags().StringVar(&o.config, "config", "", "configuration file; see agent.yaml beside the source of this command")
		root.Flags().BoolVar(&o.verbose, "verbose", false, "log to stderr what happens; never what is sent")
		root.RunE = func(c *cobra.Command, _ []string) error { return serve(c.Context(), env, o) }
		root.AddCommand(config.CheckCommand(env, func(file string) (config.Report, error) { return check(env, file) }))
		usercommands.Add(root, env)
	})
}
