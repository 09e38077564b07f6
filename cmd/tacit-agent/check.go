package main

import (
	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// checkCommand is `config check`: it reads the file as the daemon would and
// contacts nothing.
func checkCommand(env *cli.Env) *cobra.Command {
	file := ""
	c := &cobra.Command{
		Use:   "check",
		Short: "say what the configuration file means, and what would be contacted; contacts nothing",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			s, err := readSettings(file)
			if err != nil {
				return err
			}
			return s.report(file, s.dir(env)).Print(env)
		},
	}
	c.Flags().StringVar(&file, "config", "", "configuration file")
	return cli.Group("config", "about configuration files", c)
}
