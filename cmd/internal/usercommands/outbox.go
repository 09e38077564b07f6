package usercommands

import (
	"errors"
	"fmt"
	"strconv"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/outbox"
	"github.com/tacit-telemetry/tacit/anon/envelope"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

func outboxCommand(env *cli.Env) *cobra.Command {
	list := func(c *cobra.Command, _ []string) error { return outboxList(c, env) }
	c := &cobra.Command{Use: "outbox", Short: "what was sent, and the proof", Args: cli.Args(cobra.NoArgs), RunE: list}
	c.AddCommand(
		&cobra.Command{Use: "list", Short: "list what was sent", Args: cli.Args(cobra.NoArgs), RunE: list},
		&cobra.Command{
			Use: "show N", Short: "what one envelope holds, and the key that opens it", Args: cli.Args(cobra.ExactArgs(1)),
			RunE: func(c *cobra.Command, args []string) error { return outboxShow(c, env, args[0]) },
		},
		&cobra.Command{
			Use: "verify", Short: "prove that the bytes sent are what is shown", Args: cli.Args(cobra.NoArgs),
			RunE: func(c *cobra.Command, _ []string) error { return outboxVerify(c, env) },
		},
	)
	return c
}

func outboxList(c *cobra.Command, env *cli.Env) error {
	env.Count("outbox")
	var entries []local.Entry
	err := ask(c.Context(), env,
		func(a *local.Caller) (err error) { entries, err = a.Outbox(c.Context()); return err },
		func(a *agent.Agent) (err error) { entries, err = a.Outbox(); return err })
	if err != nil {
		return err
	}
	if env.JSON {
		return env.PrintJSON(entries)
	}
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "N\tSENT\tKIND\tBYTES\tOUTCOME")
	for _, e := range entries {
		fmt.Fprintf(w, "%d\t%s\t%s\t%d\t%s\n", e.Number, e.Sent, e.Kind, e.Bytes, e.Outcome)
	}
	return w.Flush()
}

func outboxShow(c *cobra.Command, env *cli.Env, arg string) error {
	env.Count("outbox")
	n, err := strconv.ParseUint(arg, 10, 64)
	if err != nil {
		return cli.WithHint(fmt.Errorf("%q is not the number of an entry", arg), "tacit outbox list prints the numbers")
	}
	var e local.Entry
	err = ask(c.Context(), env,
		func(a *local.Caller) (err error) { e, err = a.OutboxEntry(c.Context(), n); return err },
		func(a *agent.Agent) (err error) { e, err = a.OutboxEntry(n); return err })
	switch {
	case errors.Is(err, outbox.ErrNoEntry):
		return cli.WithHint(fmt.Errorf("there is no entry %d (any more)", n), "tacit outbox list prints the numbers")
	case err != nil:
		return err
	case env.JSON:
		return env.PrintJSON(e)
	}
	env.Printf("entry %d, %s, %s, %d bytes, %s\nkey that opens it and nothing else: %s\n\n", e.Number, e.Sent, e.Kind, e.Bytes, e.Outcome, e.BodyKey)
	if e.Page != nil {
		printPage(env, *e.Page, shownRegistry(env))
	}
	if e.Fragment != nil {
		printFragment(env, *e.Fragment)
	}
	if what, ok := asked[e.Kind]; ok {
		env.Printf("%s\n", what)
	}
	return nil
}

// asked says what an envelope holds that a user of this host asked for.
var asked = map[string]string{
	envelope.Grant.String(): "a support code's grant, sealed for whoever the code is read out to, or an order to revoke one",
	envelope.Ask.String():   "a question for the notes of those who opened this history on one day",
}

// errNotProved makes the command fail: the alarm must not pass unseen.
var errNotProved = errors.New("not every entry is what was shown")

func outboxVerify(c *cobra.Command, env *cli.Env) error {
	env.Count("outbox")
	var proofs []local.Proof
	err := ask(c.Context(), env,
		func(a *local.Caller) (err error) { proofs, err = a.OutboxVerify(c.Context()); return err },
		func(a *agent.Agent) (err error) { proofs, err = a.OutboxVerify(); return err })
	if err != nil {
		return err
	}
	failed := 0
	for _, p := range proofs {
		if !p.Proved {
			failed++
		}
	}
	if env.JSON {
		err = env.PrintJSON(proofs)
	} else {
		for _, p := range proofs {
			if !p.Proved {
				env.Printf("%s\n", p.Error)
			}
		}
		env.Printf("%d of %s: the sealed bytes are what is shown\n", len(proofs)-failed, cli.Count(len(proofs), "entry"))
	}
	if failed > 0 {
		return errors.Join(err, cli.WithHint(errNotProved, "tacit outbox show N shows one; report it: it must never happen"))
	}
	return err
}
