package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent/client"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/lookup"
	"github.com/tacit-telemetry/tacit/store/secret"
)

func lookupCommand(env *cli.Env) *cobra.Command {
	var (
		since string
		o     lookupOptions
	)
	c := &cobra.Command{
		Use:   "lookup ID",
		Short: "one installation's timeline, by the ID or support code that its user reads out",
		Long: "Open the history of one installation with its ID, or some days of it with a support code, in any spelling;\n" +
			"'-' reads it from stdin, so that it stands in no process list. Nobody can open or list anything without\n" +
			"one. A note is left for the host's user, who reads with 'tacit lookups' when and for which ticket it was.",
		Args: cli.Args(func(c *cobra.Command, args []string) (err error) {
			if o.since, err = parseSince(since, time.Now()); err != nil {
				return err
			}
			if err := o.typed(); err != nil {
				return err
			}
			return cobra.ExactArgs(1)(c, args)
		}),
		RunE: func(c *cobra.Command, args []string) error {
			report := env.Client()
			report.Counter("tacit.command.used", client.Label{Name: "command", Value: "lookup"}).Add(1)
			err := runLookup(c.Context(), env, report, o, args[0])
			report.Close()
			return err
		},
	}
	c.Flags().StringVar(&since, "since", "90d", "how far back, as in 7d, 12h, or 2026-11-01")
	c.Flags().StringVar(&o.ticket, "ticket", "", "reference of the ticket, for the note that the host's user reads")
	c.Flags().StringVar(&o.reason, "reason", "", "why, in a few words, for the audit log")
	c.Flags().StringArrayVar(&o.registries, "registry", nil, registryUsage+"; in place of those that the store was given")
	c.Flags().StringVar(&o.credential, "credential", "", "an engineer's credential, to ask the vendor's stores over NATS; with --ticket and --reason")
	o.place.flags(c)
	o.cases.flags(c)
	return c
}

// lookupOptions say what to look for, and where.
type lookupOptions struct {
	since      time.Time
	ticket     string
	reason     string // for the audit log
	place      storePlace
	registries []string // files of a registry; none: all that the store was given
	cases      caseOptions
	credential string // file of an engineer's; "": the store is on this machine
}

// typed refuses what cannot be meant: over the network a lookup has a ticket and
// a reason, and the store is no matter of directories.
func (o *lookupOptions) typed() error {
	if o.credential == "" {
		return o.cases.typed()
	}
	switch {
	case o.place != (storePlace{}):
		return cli.WithHint(errors.New("--credential goes with none of --config, --keys and --passphrase-file"), "the credential says where the stores are")
	case o.ticket == "" || o.reason == "":
		return cli.WithHint(errors.New("--ticket and --reason are required with --credential"), "both go into the store's audit log, and the ticket into the note that the host's user reads")
	}
	return o.cases.typed()
}

// from returns what is asked.
func (o *lookupOptions) from(env *cli.Env) (askedStores, error) {
	if o.credential != "" {
		c, err := readDeskCredential(o.credential)
		return &farStores{credential: c}, err
	}
	at, err := o.place.find(env)
	return ownStore{at}, err
}

// clean makes ticket and reason fit the audit log, where no ID may stand.
func (o *lookupOptions) clean() (err error) {
	if o.ticket, err = audit.Clean(o.ticket, audit.MaxTicket, ""); err != nil {
		return cli.WithHint(fmt.Errorf("--ticket: %w", err), "it has at most %d bytes, and is the reference of a ticket", audit.MaxTicket)
	}
	if o.reason, err = audit.Clean(o.reason, audit.MaxReason, ""); err != nil {
		return cli.WithHint(fmt.Errorf("--reason: %w", err), "it has at most %d bytes", audit.MaxReason)
	}
	return nil
}

// runLookup reports its own failures: a code and its own frames, and nothing
// of what was typed.
func runLookup(ctx context.Context, env *cli.Env, report *client.Client, o lookupOptions, arg string) error {
	fail := func(code client.Code, err error) error {
		report.Error(code)
		return err
	}
	issues, err := o.cases.known()
	if err != nil {
		return fail("lookup_failed", err)
	}
	now := time.Now()
	subject, err := readSubject(env.In, arg)
	if err != nil {
		return fail("lookup_bad_id", cli.WithHint(err, "read it again, group by group; letters O, I and L are read as 0 and 1"))
	}
	if err := o.clean(); err != nil {
		return fail("lookup_failed", err)
	}
	from, err := o.from(env)
	if err != nil {
		return fail("lookup_failed", err)
	}
	known, err := from.registries(o.registries)
	if err != nil {
		return fail("lookup_failed", err)
	}
	h, err := from.timeline(ctx, subject, lookup.Options{Since: o.since, Now: now, Registry: known, Ticket: o.ticket}, o.reason)
	report.Timer("tacit.operation.duration", client.Label{Name: "operation", Value: "lookup"}).Observe(time.Since(now))
	switch {
	case errors.Is(err, lookup.ErrNothing):
		days := int(now.Sub(o.since).Hours()+23) / 24
		return fail("lookup_unknown_id", cli.WithHint(fmt.Errorf("no pages for this ID in the last %s", cli.Count(days, "day")),
			"nothing was sent yet, which takes an hour after the first use and a day where the host waits first; sending is off there or at its site (tacit why); "+
				"the ID was reset or erased; its pages are older or have expired; or the ID is another vendor's, or a mistyped UUID"))
	case err != nil:
		return fail("lookup_failed", explainLookup(env, err))
	}
	diagnosed, err := diagnose(ctx, from, known, issues, h)
	if err != nil {
		return fail("lookup_failed", err)
	}
	h.Simulated = from.simulated()
	if !env.JSON {
		markSimulated(env, h.Simulated)
	}
	return o.cases.print(env, h, &diagnosed)
}

func explainLookup(env *cli.Env, err error) error {
	switch {
	case errors.Is(err, secret.ErrPassphrase), errors.Is(err, secret.ErrMixed):
		return explainSecrets(err)
	case errors.Is(err, home.ErrNoStore):
		return cli.WithHint(err, "name the directory that tacit up was started with: --data DIR")
	case errors.Is(err, db.ErrNoKeys):
		return cli.WithHint(err, "start the store that has them, tacit store --config FILE, and ask again; or restore the keys directory")
	case errors.Is(err, lookup.ErrUnread):
		return cli.WithHint(err, "restore these months of the store from a backup")
	case errors.Is(err, home.ErrSilent):
		return cli.WithHint(err, "nothing is shown: wait until it has started, or end it and start it again")
	case errors.Is(err, lookup.ErrCut):
		return cli.WithHint(err, "nothing is shown: ask again; if it stays so, see the log of the store")
	case errors.Is(err, lookup.ErrNoCode):
		return cli.WithHint(err, "its day is over, it was revoked, it has not arrived yet, or it is another vendor's; ask for a new one: tacit id --for-support")
	case errors.Is(err, lookup.ErrTicket):
		return cli.WithHint(err, "name a shorter --ticket")
	case errors.Is(err, lookup.ErrNote):
		return cli.WithHint(err, "the store says why; where clocks differ, set the one that is wrong")
	case errors.Is(err, lookup.ErrTooMany):
		return cli.WithHint(err, "ask for fewer days: --since 7d")
	}
	return explainSecrets(explainRemote(err))
}

// readSubject reads the ID or support code as typed, or from stdin.
func readSubject(in io.Reader, arg string) (lookup.Subject, error) {
	if arg == "-" {
		line, err := bufio.NewReader(io.LimitReader(in, 1024)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return lookup.Subject{}, fmt.Errorf("read the ID from stdin: %w", err)
		}
		arg = line
	}
	return lookup.ParseSubject(arg)
}

// parseSince reads how far back to look.
func parseSince(s string, now time.Time) (time.Time, error) {
	if day, err := time.Parse(time.DateOnly, s); err == nil && day.Before(now) && day.After(now.AddDate(0, 0, -400)) {
		return day, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 400 {
			return now.AddDate(0, 0, -n), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 && d <= 400*24*time.Hour {
		return now.Add(-d), nil
	}
	return time.Time{}, cli.WithHint(fmt.Errorf("--since %q is no time", s), "write it as 7d, 12h, or 2026-11-01; 400d is the most")
}

func printHistory(env *cli.Env, h *lookup.History) error {
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	for _, name := range slices.Sorted(maps.Keys(h.Installation)) {
		fmt.Fprintf(w, "%s\t%v\n", name, h.Installation[name].Any())
	}
	for _, name := range slices.Sorted(maps.Keys(h.Products)) {
		fmt.Fprintf(w, "product\t%s %s\n", name, h.Products[name])
	}
	fmt.Fprintln(w)
	for _, r := range h.Records {
		labels := make([]string, 0, len(r.Labels))
		for _, l := range r.Labels {
			labels = append(labels, l.Name+"="+strings.ReplaceAll(l.Value, "\n", " < "))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%v%s%s\t%s\n", time.Unix(r.Time, 0).UTC().Format(time.RFC3339),
			r.Category, r.Metric, r.Value.Any(), shownUnit(r.Unit), shownCount(r.Count), strings.Join(labels, " "))
	}
	return w.Flush()
}

// shownUnit returns a unit as it follows a number. An annotation, such as
// {use}, says nothing that the metric's name does not (UCUM section 2.4).
func shownUnit(unit string) string {
	if unit == "" || strings.HasPrefix(unit, "{") {
		return ""
	}
	return " " + unit
}

// shownCount returns how many equal events a record is of, when there were several.
func shownCount(n uint32) string {
	if n <= 1 {
		return ""
	}
	return " ×" + strconv.FormatUint(uint64(n), 10)
}
