package usercommands

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/wire"
)

func previewCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "preview",
		Short: "exactly what would be sent now; sends nothing",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("preview")
			var p local.Preview
			err := ask(c.Context(), env,
				func(a *local.Caller) (err error) { p, err = a.Preview(c.Context()); return err },
				func(a *agent.Agent) (err error) { p, err = a.Preview(); return err })
			if err != nil {
				return err
			}
			if env.JSON {
				return env.PrintJSON(p)
			}
			printPreview(env, p, shownRegistry(env))
			return nil
		},
	}
}

func sendCommand(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "send",
		Short: "send now, not mixed with others in time",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			env.Count("send")
			s, err := local.NewCaller(env.Data().Run()).Send(c.Context())
			if err != nil {
				return err
			}
			return printSent(env, s)
		},
	}
}

// errNotSent makes the command fail: what waits was not sent.
var errNotSent = errors.New("not everything that waits was sent")

// printSent says what came of sending. It is an error when something could not
// be sent although this host takes part, or when the store refused it for good:
// that must not pass unseen.
func printSent(env *cli.Env, s local.Sent) (err error) {
	switch {
	case env.JSON:
		err = env.PrintJSON(s)
	case s.Reason != "":
		env.Printf("sent %s: %s\n", cli.Count(s.Sent, "envelope"), s.Reason)
	default:
		env.Printf("sent %s, %s; %s. Sent at your word, so the moment is not mixed with others'.\n",
			cli.Count(s.Sent, "envelope"), cli.Sizes(s.Sizes), cli.Count(s.Replies, "reply"))
	}
	switch {
	case err != nil:
		return err
	case len(s.Kept) > 0:
		return cli.WithHint(errRefused(s), "%s", refusalHint(s.Kept))
	case s.Failed:
		return cli.WithHint(errNotSent, "it is kept, and the agent tries again by itself; tacit why says how the connection stands")
	}
	return nil
}

// errRefused says how many of what the store answered it refused, and as what.
func errRefused(s local.Sent) error {
	var all int
	var parts []string
	for _, status := range slices.Sorted(maps.Keys(s.Kept)) {
		all += s.Kept[status]
		parts = append(parts, fmt.Sprintf("%d %s", s.Kept[status], status))
	}
	return fmt.Errorf("the store refused %d of %d for good: %s", all, s.Replies, strings.Join(parts, ", "))
}

// refusalHint says what to do about refusals for good, by status.
func refusalHint(statuses map[string]int) string {
	if statuses[wire.Erased.String()] > 0 {
		return "this ID was erased by its vendor: tacit id reset makes a new one"
	}
	return "they are not sent again; tacit outbox list shows them"
}
