package main

import (
	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/config"
)

// reporter is settings that were read, and say what they mean.
type reporter interface {
	report(env *cli.Env, file string) (config.Report, error)
}

// checkCommand is `config check` of a daemon: it reads the file as the daemon
// would and contacts nothing.
func checkCommand(env *cli.Env, read func(file string) (reporter, error)) *cobra.Command {
	file := ""
	c := &cobra.Command{
		Use:   "check",
		Short: "say what the configuration file means, and what would be contacted; contacts nothing",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			s, err := read(file)
			if err != nil {
				return err
			}
			r, err := s.report(env, file)
			if err != nil {
				return err
			}
			return r.Print(env)
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file")
	return cli.Group("config", "about configuration files", c)
}
