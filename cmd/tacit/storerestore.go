package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/store/secret"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

func storeRestoreCommand(env *cli.Env) *cobra.Command {
	var place storePlace
	verify := false
	c := &cobra.Command{
		Use:   "restore FILE",
		Short: "make a store of a backup",
		Long: "Make a store of the backup FILE in DIR/store of --data DIR, or of the data directory in --config FILE. There\n" +
			"must be no store yet. The keys come first: put the newest copy of the keys directory in place, with its\n" +
			"ledger of erasures. Restore refuses a ledger that is older than the backup, and destroys again what was\n" +
			"erased or recalled since.\n\n" +
			"A backup that is damaged, cut off or of another store is refused, and nothing of it stays: the store is\n" +
			"made under another name, and gets its own when all is there. With --verify every row is then read\n" +
			"again, and compared with its manifest and with the backup.\n\n" +
			"To look into a backup without restoring it: tacit store verify --backup FILE.\n\n" +
			"Exit code 0: the store is there and whole; 1: nothing was made, or the output says what is missing.",
		Args: cli.Args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			return restoreStore(c.Context(), env, place, args[0], verify)
		},
	}
	place.flags(c)
	c.Flags().BoolVar(&verify, "verify", false, "read every row again, and compare it")
	return c
}

func restoreStore(ctx context.Context, env *cli.Env, place storePlace, file string, verify bool) error {
	at, err := place.find(env)
	if err != nil {
		return err
	}
	box, err := secret.Open(at.keys, at.passphrase)
	if err != nil {
		return explainUpkeep(err)
	}
	if err := at.data.Make(); err != nil {
		return err
	}
	shown := newProgress(env)
	limitMemory(memoryLimit)
	r, err := upkeep.Restore(ctx, upkeep.RestoreConfig{File: file, Dir: at.data.Store(), Secrets: box, Verify: verify}, shown.step)
	shown.done()
	if err != nil {
		return explainUpkeep(err)
	}
	return printRestored(env, r)
}

func printRestored(env *cli.Env, r upkeep.Restored) error {
	if env.JSON {
		if err := env.PrintJSON(r); err != nil {
			return err
		}
	} else {
		env.Printf("restored %s rows of %s, as of %s\n", cli.Thousands(int(r.Rows)), cli.Count(len(r.Months), "month"), r.Day)
		if r.Verified {
			env.Printf("every row was read again, and is as in the backup\n")
		}
		if r.Erased > 0 || r.Recalled > 0 {
			env.Printf("since then %s were erased and %s recalled: they are gone again\n", cli.Count(r.Erased, "page"), cli.Thousands(int(r.Recalled)))
		}
		if r.Closed > 0 {
			env.Printf("%s left out: their month is forgotten, and its secret with it\n", cli.Count(int(r.Closed), "page"))
		}
		printFindings(env, r.Findings)
	}
	if len(r.Findings) > 0 {
		return cli.WithHint(errors.New("the backup was made of a store that was not whole"), "what it had is restored; take the rest from an older backup")
	}
	return nil
}
