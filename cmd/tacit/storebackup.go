package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

func storeBackupCommand(env *cli.Env) *cobra.Command {
	var (
		place storePlace
		out   outFile
	)
	c := &cobra.Command{
		Use:   "backup --out FILE",
		Short: "write all rows of the store to one sealed file",
		Long: "Write all rows of the store to FILE, sealed under a secret in the keys directory (made at the first\n" +
			"backup): whoever has only the file can neither read nor change it. Each row is compared with the\n" +
			"manifest on the way. FILE appears under its name when it is whole and synced, and not before.\n\n" +
			"The keys are not in it, and need a backup of their own: without them the file opens for nobody. Keep\n" +
			"that one apart from this one, make it new after each erasure and each month, and keep no copy of the\n" +
			"keys that is older than the retention.\n\n" +
			outHelp + "\n\n" + whereHelp + "\n\nExit code 0: all rows are in FILE; 1: nothing was written, or the output says what is missing in it.",
		Args: cli.Args(func(c *cobra.Command, args []string) error {
			if out.path == "" {
				return errors.New("no file is named: --out FILE")
			}
			return errors.Join(out.typed(), cobra.NoArgs(c, args))
		}),
		RunE: func(c *cobra.Command, _ []string) error { return backupStore(c.Context(), env, place, out) },
	}
	place.flags(c)
	out.flag(c, "file to write; a regular one that is there is replaced")
	return c
}

func backupStore(ctx context.Context, env *cli.Env, place storePlace, out outFile) error {
	at, err := place.find(env)
	if err == nil {
		err = out.check(at)
	}
	if err != nil {
		return err
	}
	var b upkeep.Backed
	err = withFound(ctx, env, at, func(s *upkeep.Source, p *progress) (err error) {
		b, err = upkeep.WriteBackup(ctx, s, out.path, p.step)
		return out.explain(err)
	})
	if err != nil {
		return err
	}
	if err := printBacked(env, b, "backed up "); err != nil {
		return err
	}
	if !env.JSON {
		env.Printf("the keys are not in it: they need a backup of their own\n")
	}
	return nil
}

// printBacked says what a backup holds.
func printBacked(env *cli.Env, b upkeep.Backed, begin string) error {
	if env.JSON {
		if err := env.PrintJSON(b); err != nil {
			return err
		}
	} else {
		env.Printf("%s%s rows of %s, as of %s\n", begin, cli.Thousands(int(b.Rows)), cli.Count(len(b.Months), "month"), b.Day)
		printFindings(env, b.Findings)
	}
	if n := len(b.Findings); n > 0 {
		return notWhole(n, "what could be read is in the backup; run tacit store verify")
	}
	return nil
}
