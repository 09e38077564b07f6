package usercommands

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// eraseCommand is not counted: a record of it on the new installation's first
// page would tell what came before.
func eraseCommand(env *cli.Env) *cobra.Command {
	status := false
	c := &cobra.Command{
		Use:   "erase",
		Short: "delete what the store holds of this installation",
		Long: "Have the store delete every page of this installation, and become another installation at once: a new ID,\n" +
			"and nothing that waited here, nor the outbox. It goes out although this host or its site does not take\n" +
			"part, and asks for nothing else. What the store has not confirmed after 30 seconds is sent again by the\n" +
			"running agent until it is, also after a restart.\n\n" +
			"Sums stay: nothing in them says, or ever said, which installation added what. The store can see at that\n" +
			"moment which of its rows belonged together; they are gone then, and were sealed.",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			var e local.Erasure
			var err error
			if status {
				err = ask(c.Context(), env,
					func(a *local.Caller) (err error) { e, err = a.Erasure(c.Context()); return err },
					func(a *agent.Agent) error { e = a.Erasure(); return nil })
			} else {
				e, err = local.NewCaller(env.Data().Run()).Erase(c.Context())
			}
			switch {
			case err != nil:
				return err
			case env.JSON:
				return env.PrintJSON(e)
			}
			printErasure(env, e)
			return nil
		},
	}
	c.Flags().BoolVar(&status, "status", false, "how far the last one is; orders nothing")
	return c
}

// printErasure prints the receipt.
func printErasure(env *cli.Env, e local.Erasure) {
	if e.State == local.ErasureNone {
		env.Printf("nothing was ever erased from here\n")
		return
	}
	env.Printf("%s; ordered %s\n", e.State, e.Ordered.UTC().Format(time.RFC3339))
	env.Printf("The store has confirmed %d of %s, and erased %s.\n", e.Confirmed, cli.Count(e.Envelopes, "envelope"), cli.Count(e.Pages, "page"))
	for _, status := range slices.Sorted(maps.Keys(e.Refused)) {
		env.Printf("It refused %s: %s. Ask the vendor to erase by the old ID.\n", cli.Count(e.Refused[status], "envelope"), status)
	}
	if e.State == local.ErasureUnderWay {
		env.Printf("%s The running agent goes on until all is confirmed; tacit erase --status shows how far it is.\n", sentence(e.Reason))
	}
	switch {
	case e.Open > 0:
		env.Printf("It has no room to note what is still on its way: pages that come until %s stay there, and open only with the\n"+
			"ID that this host had. The vendor can erase them by it.\n", e.ForgottenBy)
	case e.ForgottenBy != "":
		env.Printf("By %s the brokers on the way have forgotten it too.\n", e.ForgottenBy)
	}
	if e.Installation != nil {
		printReset(env, *e.Installation, e.Dropped)
	}
}

// sentence returns a reason as a sentence of its own.
func sentence(s string) string {
	if s == "" {
		return ""
	}
	return strings.ToUpper(s[:1]) + strings.TrimSuffix(s[1:], ".") + "."
}

// printReset says what this host is now.
func printReset(env *cli.Env, in local.Installation, dropped int) {
	env.Printf("Of what waited here, %s and the outbox are removed.\n", cli.Count(dropped, "record"))
	env.Printf("This host is another installation now: %s\n", in.ID)
}
