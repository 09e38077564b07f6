package usercommands

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

func idCommand(env *cli.Env) *cobra.Command {
	var (
		spoken, forSupport, revoke bool
		days                       int
	)
	c := &cobra.Command{
		Use:   "id",
		Short: "print the installation ID",
		Long: "Print the installation ID. It is random and made at the first start. Whoever you read it out to can\n" +
			"open this installation's history; nobody else can.\n\n" +
			"For a call with support a code is enough, and better: it opens some days, and ends by itself.",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case forSupport:
				return makeCode(c, env, days)
			case revoke:
				return revokeCodes(c, env)
			}
			return printID(c, env, spoken)
		},
	}
	c.Flags().BoolVar(&spoken, "spoken", false, "in the form to read out, with a check character")
	c.Flags().BoolVar(&forSupport, "for-support", false, "make a code for support instead, which opens some days and ends by itself")
	c.Flags().IntVar(&days, "days", 7, "with --for-support: how many days up to today it opens, at most 30")
	c.Flags().BoolVar(&revoke, "revoke", false, "take back all support codes that live")
	c.MarkFlagsMutuallyExclusive("spoken", "for-support", "revoke")
	c.AddCommand(idResetCommand(env))
	return c
}

func printID(c *cobra.Command, env *cli.Env, spoken bool) error {
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
	if isTerminal(env.Out) {
		fmt.Fprintf(env.Err, "note: for a call with support a code is enough, which ends by itself: tacit id --for-support\n")
	}
	return nil
}

// isTerminal says whether a person is likely to read what is printed there, and no
// script.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// idResetCommand is not counted, as erase is not.
func idResetCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "reset",
		Short: "become another installation",
		Long: "Make a new installation ID, hashing key and writer. What waited to be sent, and the outbox, are removed:\n" +
			"they were made under the old ones. Support codes of the old one are taken back. What the store has already\n" +
			"can be opened with the old ID until it expires, and cannot be erased from here any more: 'erase' does both.",
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
