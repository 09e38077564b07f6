package main

import (
	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/anon/own"
	"github.com/tacit-telemetry/tacit/anon/scrub"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/registry"
)

func scrubCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "scrub",
		Short: "lines on stdin to anonymised lines on stdout, one for one",
		Long:  "Do to lines of text what the agent does before anything is kept. What cannot be read of this host's own\nidentifiers is said on stderr.",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("scrub")
			ids, err := own.Gather(c.Context(), own.Config{Common: scrub.Known})
			if err != nil {
				c.PrintErrf("warning: %s\n", cli.Shown(err.Error()))
			}
			return scrub.New(ids, registry.Base().Modules()...).Stream(c.Context(), env.In, env.Out)
		},
	}
}
