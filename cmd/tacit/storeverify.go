package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/ingest"
	"github.com/tacit-telemetry/tacit/store/secret"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

func storeVerifyCommand(env *cli.Env) *cobra.Command {
	var place storePlace
	backup := ""
	c := &cobra.Command{
		Use:   "verify",
		Short: "compare every row of the store with what was promised",
		Long: "Read every row of the store and compare it with the manifest, month by month: what is missing, changed,\n" +
			"or not listed, and entries of the manifest that are damaged. Beside it: whether the keys of all months\n" +
			"are there, and every secret that a store needs to start can be read, whether the ledger of erasures is\n" +
			"whole and no older than the data, whether the audit log of desk and lookups is as it was written, and how\n" +
			"much arrived that did not open.\n\n" +
			"It changes no row and no secret, but opening rows changes files: where no store runs, it finishes what a\n" +
			"crash left, as a store that starts does: it replays logs, merges manifests, moves tables aside that nothing\n" +
			"names, and removes what was being forgotten. Who wants to keep a damaged disk as it is copies the directories\n" +
			"of data and keys first, and verifies the copy.\n\n" +
			"With --backup FILE it reads a backup to its end instead, changes nothing, and needs only the keys.\n\n" +
			whereHelp + "\n\nExit code 0: all is as it should be; 1: something is not, and the output says what to do.",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if backup != "" {
				return checkBackup(c.Context(), env, place, backup)
			}
			return verifyStore(c.Context(), env, place)
		},
	}
	place.flags(c)
	c.Flags().StringVar(&backup, "backup", "", "check this backup, and not the store")
	return c
}

// withStore orders a task of the store, and shows how far it is.
func withStore(ctx context.Context, env *cli.Env, place storePlace, do func(s *upkeep.Source, p *progress) error) error {
	at, err := place.find(env)
	if err != nil {
		return err
	}
	return withFound(ctx, env, at, do)
}

// withFound is withStore for a store whose place is known.
func withFound(ctx context.Context, env *cli.Env, at foundStore, do func(s *upkeep.Source, p *progress) error) error {
	limitMemory(memoryLimit)
	s, err := upkeep.Open(ctx, at.home())
	if err != nil {
		return explainUpkeep(err)
	}
	shown := newProgress(env)
	err = do(s, shown)
	shown.done()
	return explainUpkeep(errors.Join(err, s.Close()))
}

func verifyStore(ctx context.Context, env *cli.Env, place storePlace) error {
	at, err := place.find(env)
	if err != nil {
		return err
	}
	var r upkeep.Report
	err = withFound(ctx, env, at, func(s *upkeep.Source, p *progress) (err error) {
		r, err = s.Verify(ctx, p.step)
		return err
	})
	if err != nil {
		return err
	}
	if err := verifyAudit(ctx, at.data, &r); err != nil {
		return err
	}
	if env.JSON {
		err = env.PrintJSON(r)
	} else {
		err = printReport(env, r)
	}
	if err == nil && !r.Sound {
		err = notWhole(len(r.Findings), "do what stands beside each; the rest of the store is sound")
	}
	return err
}

// verifyAudit adds what is wrong with the audit log of desk and commands.
func verifyAudit(ctx context.Context, data datadir.Dir, r *upkeep.Report) error {
	found, err := audit.Check(ctx, auditOf(data, slog.New(slog.DiscardHandler)))
	switch {
	case errors.Is(err, audit.ErrDamaged), errors.Is(err, audit.ErrCut), errors.Is(err, audit.ErrGone), errors.Is(err, audit.ErrFull):
		fix := "ask whoever may write to it; " + cli.Count(found.Rows, "row") + " could be read"
		if !errors.Is(err, audit.ErrGone) {
			fix += ", and nothing is opened until it is put right"
		}
		r.Sound = false
		r.Findings = append(r.Findings, upkeep.Finding{What: fmt.Sprintf("audit log: %v", err), Fix: fix})
		return nil
	case err != nil:
		return explainSecrets(err)
	}
	return nil
}

func printReport(env *cli.Env, r upkeep.Report) error {
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "month\thalf\trows\tmissing\tchanged\tnot listed\ttorn entries")
	for _, m := range r.Months {
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%d\n",
			m.Month, m.Half, cli.Thousands(int(m.Rows)), m.Missing, m.Changed, m.Unlisted, m.Torn)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	env.Printf("\n%s in the ledger of erasures: pages that were erased, and numbers that more of them may have\n", cli.Count(r.Erased, "entry"))
	printRefused(env, r.Refused)
	printFindings(env, r.Findings)
	if r.Sound {
		env.Printf("all %s rows are as they should be\n", cli.Thousands(int(r.Rows)))
	}
	return nil
}

// printRefused says how much did not open, by reason.
func printRefused(env *cli.Env, refused []ingest.Refused) {
	byReason := map[string]int{}
	for _, r := range refused {
		byReason[r.Reason] += int(r.Count)
	}
	for _, reason := range slices.Sorted(maps.Keys(byReason)) {
		env.Printf("%s did not open: %s\n", cli.Thousands(byReason[reason]), reason)
	}
}

func printFindings(env *cli.Env, findings []upkeep.Finding) {
	for _, f := range findings {
		at := ""
		if f.Month != "" {
			at = f.Month + " "
		}
		if f.Half != "" {
			at += f.Half + " "
		}
		env.Printf("%s%s\n  fix: %s\n", at, cli.Shown(f.What), f.Fix)
	}
}

func checkBackup(ctx context.Context, env *cli.Env, place storePlace, file string) error {
	at, err := place.find(env)
	if err != nil {
		return err
	}
	box, err := secret.Open(at.keys, at.passphrase)
	if err != nil {
		return explainUpkeep(err)
	}
	shown := newProgress(env)
	b, err := upkeep.CheckBackup(ctx, file, box, shown.step)
	shown.done()
	if err != nil {
		return explainUpkeep(err)
	}
	return printBacked(env, b, "the backup is whole: ")
}
