// Command tacit is the operator's command: everything in one process (up), the
// daemons of machines of their own (relay, store, desk), the user's own commands (id,
// lookups, debug, why, off, on, preview, send, outbox), and what support and reviewers need
// (lookup, insights, scrub, registry).
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/cmd/internal/usercommands"
	"github.com/tacit-telemetry/tacit/internal/process"
)

func main() { os.Exit(run()) }

func run() int {
	if err := process.KeepSecrets(); err != nil {
		fmt.Fprintf(os.Stderr, "warning: %v\n", err)
	}
	root := &cobra.Command{
		Use:   "tacit",
		Short: "product telemetry without identity",
	}
	return cli.Run(root, func(root *cobra.Command, env *cli.Env) {
		root.AddCommand(upCommand(env))
		usercommands.Add(root, env)
		root.AddCommand(lookupCommand(env), insightsCommand(env), scrubCommand(env), registryCommand(env), benchCommand(env))
		root.AddCommand(relayCommand(env), storeCommand(env), deskCommand(env))
	})
}
