package usercommands

import (
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// Commands for a call with support are not counted: whether there was one is the
// user's own business.

// makeCode makes a support code and prints it.
func makeCode(c *cobra.Command, env *cli.Env, days int) error {
	s, err := local.NewCaller(env.Data().Run()).SupportCode(c.Context(), local.SupportOrder{Days: days})
	switch {
	case err != nil:
		return err
	case env.JSON:
		return env.PrintJSON(s)
	}
	env.Printf("%s\n", s.Code)
	env.Printf("Read it out to support. It opens the last %s of this installation's history, and nothing else, until\n%s UTC; take it back before with: tacit id --revoke\n",
		cli.Count(s.Days, "day"), s.Until.UTC().Format("2006-01-02 15:04"))
	env.Printf("What waits here they do not see before it is sent: tacit send. tacit lookups shows who opened it, and when.\n")
	if !s.Confirmed {
		env.Printf("It does not open yet: %s.\n", strings.TrimSuffix(s.Reason, "."))
	}
	return nil
}

// errNotRevoked makes the command fail: a code may live.
var errNotRevoked = errors.New("not every support code is revoked yet")

// revokeCodes takes all support codes back.
func revokeCodes(c *cobra.Command, env *cli.Env) error {
	r, err := local.NewCaller(env.Data().Run()).RevokeCodes(c.Context())
	switch {
	case err != nil:
		return err
	case env.JSON:
		err = env.PrintJSON(r)
	case r.Confirmed && r.Revoked == 0:
		env.Printf("no support code lives\n")
	default:
		env.Printf("revoked %s\n", cli.Count(r.Revoked, "support code"))
	}
	if err == nil && !r.Confirmed {
		return cli.WithHint(fmt.Errorf("%w: %s", errNotRevoked, r.Reason), "it goes on by itself; tacit id --revoke says how far it is, and each code ends on its day at the latest")
	}
	return err
}

func lookupsCommand(env *cli.Env) *cobra.Command {
	days := 0
	c := &cobra.Command{
		Use:   "lookups",
		Short: "who opened this installation's history, and when",
		Long: "Ask the store for the notes that support leaves when it opens this installation's history: when, for which\n" +
			"ticket, and by ID or by support code. No note, no pages. One envelope leaves for each day that is asked\n" +
			"for, or more where a day has many notes; the store keeps notes for 30 days.",
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			l, err := local.NewCaller(env.Data().Run()).Lookups(c.Context(), local.LookupsOrder{Days: days})
			switch {
			case err != nil:
				return err
			case env.JSON:
				return env.PrintJSON(l)
			}
			return printLookups(env, l, days)
		},
	}
	c.Flags().IntVar(&days, "days", 7, "how many days up to today, at most 30")
	return c
}

func printLookups(env *cli.Env, l local.Lookups, days int) error {
	if len(l.Lookups) > 0 {
		w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "OPENED (UTC)\tBY\tTICKET")
		for _, one := range l.Lookups {
			fmt.Fprintf(w, "%s\t%s\t%s\n", one.At.UTC().Format("2006-01-02 15:04"), one.By, one.Ticket)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	} else if len(l.Unread) == 0 {
		env.Printf("nobody opened this installation's history in the last %s\n", cli.Count(days, "day"))
	}
	if l.More > 0 {
		env.Printf("and %s more\n", cli.Thousands(l.More))
	}
	if len(l.Unread) > 0 {
		env.Printf("no answer yet for %s: %s.\n", strings.Join(l.Unread, ", "), strings.TrimSuffix(l.Reason, "."))
	}
	return nil
}

func debugCommand(env *cli.Env) *cobra.Command {
	var (
		lasts time.Duration
		end   bool
	)
	c := &cobra.Command{
		Use:   "debug",
		Short: "send more often, and in more detail, for an hour",
		Long: "For a call with support: send every few minutes, without waiting to be mixed with others in time, and at the\n" +
			"most detail that the administrators of this host and its site allow. Where neither has set a level, that is\n" +
			"enhanced, with the logs that the registry names. It ends by itself, also when this host restarts meanwhile;\n" +
			"'why' shows until when.",
		Args: cli.Args(func(c *cobra.Command, args []string) error {
			if lasts < time.Minute || lasts > 24*time.Hour {
				return cli.WithHint(fmt.Errorf("--for %s is no time to debug", lasts), "write it as 30m or 2h; 24h is the most")
			}
			return cobra.NoArgs(c, args)
		}),
		RunE: func(c *cobra.Command, _ []string) error {
			order := local.DebugOrder{Minutes: int(lasts.Minutes())}
			if end {
				order.Minutes = 0
			}
			why, err := local.NewCaller(env.Data().Run()).Debug(c.Context(), order)
			switch {
			case err != nil:
				return err
			case env.JSON:
				return env.PrintJSON(why)
			case why.Debug.IsZero():
				env.Printf("not debugging\n")
			default:
				env.Printf("%s\n", debugLine(why.Debug, string(why.Level)))
			}
			return nil
		},
	}
	c.Flags().DurationVar(&lasts, "for", time.Hour, "how long, as in 30m or 2h")
	c.Flags().BoolVar(&end, "end", false, "end it now")
	return c
}

// debugLine says until when this host's user debugs.
func debugLine(until time.Time, level string) string {
	return fmt.Sprintf("Debugging until %s UTC, asked for on this host: sends every few minutes, at level %s.", until.UTC().Format("2006-01-02 15:04"), level)
}
