package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/pages"
)

func storeEraseCommand(env *cli.Env) *cobra.Command {
	var place storePlace
	c := &cobra.Command{
		Use:   "erase ID",
		Short: "delete what the store holds of one installation, by its ID",
		Long: "Delete every page of one installation, by the ID that its user reads out, in any spelling; '-' reads it\n" +
			"from stdin, so that it stands in no process list and no shell's history. Tags and rights are derived in\n" +
			"this process: the ID goes to nobody, and nothing about it is logged.\n\n" +
			"A running store does it and goes on taking what agents send; when none runs, this command opens the\n" +
			"directory itself. Pages that are still on their way, come again, or are in an older backup, are not kept\n" +
			"either. Sums stay: nothing in them says which installation added what. The store can see at that moment\n" +
			"which of its rows belonged together.\n\n" +
			"The host goes on under its ID: its next pages, of today and tomorrow, are refused as erased, which tacit\n" +
			"send and tacit why say there; later ones are kept again. tacit id reset, there, makes it a new ID, and\n" +
			"tacit erase does both at once.",
		Example: "  tacit store erase -             (type or paste the ID, then Enter)",
		Args:    cli.Args(cobra.ExactArgs(1)),
		RunE:    func(c *cobra.Command, args []string) error { return runStoreErase(c.Context(), env, place, args[0]) },
	}
	place.flags(c)
	return c
}

// erasedReceipt is what `store erase --json` prints.
type erasedReceipt struct {
	At          time.Time `json:"at"`
	Pages       int       `json:"pages_erased"`
	Open        int       `json:"pages_open,omitempty"` // that were not there, and are kept if they come
	ForgottenBy string    `json:"brokers_forget_by"`
}

func runStoreErase(ctx context.Context, env *cli.Env, place storePlace, arg string) error {
	subject, err := readSubject(env.In, arg)
	if err != nil {
		return cli.WithHint(err, "read it again, group by group; letters O, I and L are read as 0 and 1")
	}
	at, err := place.find(env)
	if err != nil {
		return err
	}
	limitMemory(memoryLimit)
	source, err := lookup.Open(ctx, at.home())
	if err != nil {
		return explainErase(env, err)
	}
	now := time.Now()
	var e lookup.Erased
	err = audited(ctx, at, audit.Entry{Act: audit.Erased}, func() (err error) {
		e, err = lookup.Erase(ctx, source.Held, source, subject, now)
		return err
	})
	if err := errors.Join(err, source.Close()); err != nil {
		return explainErase(env, err)
	}
	r := erasedReceipt{At: now.UTC().Truncate(time.Second), Pages: e.Pages, Open: e.Open, ForgottenBy: e.ForgottenBy.String()}
	if arg != "-" && !env.JSON {
		fmt.Fprintf(env.Err, "hint: your shell may have noted the ID; next time: tacit store erase -\n")
	}
	return printErased(env, r)
}

// printErased prints the receipt. It is an error when something is left to do.
func printErased(env *cli.Env, r erasedReceipt) error {
	if env.JSON {
		if err := env.PrintJSON(r); err != nil {
			return err
		}
	} else {
		env.Printf("Erased %s at %s.\n", cli.Count(r.Pages, "page"), r.At.Format(time.RFC3339))
	}
	if r.Open > 0 {
		return cli.WithHint(errors.New("pages of it that the brokers still bring are kept: the ledger of erasures has no room to note them"),
			"run the same command again on %s, when the brokers have forgotten them; look for who sends so many erasures", r.ForgottenBy)
	}
	if !env.JSON {
		env.Printf("By %s the brokers on the way have forgotten it too; what they still bring is not kept.\n", r.ForgottenBy)
	}
	return nil
}

func explainErase(env *cli.Env, err error) error {
	switch {
	case errors.Is(err, pages.ErrLedger), errors.Is(err, pages.ErrOlder):
		return cli.WithHint(err, "put the newest copy of %s back into the keys directory, and run the same command again", pages.LedgerFile)
	case errors.Is(err, pages.ErrLedgerFull):
		return cli.WithHint(err, "nothing is lost; look for who sends so many erasures")
	case errors.Is(err, lookup.ErrCodeErases):
		return cli.WithHint(err, "ask for the installation ID: tacit id on that host")
	case errors.Is(err, lookup.ErrUnread):
		return cli.WithHint(err, "restore these months of the store from a backup, then run the same command again")
	}
	return explainLookup(env, err)
}
