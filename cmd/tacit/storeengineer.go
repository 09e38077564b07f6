package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/audit"
	"github.com/tacit-telemetry/tacit/store/engineers"
)

func storeEngineerCommand(env *cli.Env) *cobra.Command {
	return cli.Group("engineer", "who may look up over NATS, from a machine of his own",
		engineerAddCommand(env), engineerListCommand(env), engineerRemoveCommand(env))
}

// engineerOptions say whom a command is about, and where.
type engineerOptions struct {
	config string
	out    string // where the credential goes
	groups int    // of stores
}

func (o *engineerOptions) flags(c *cobra.Command) {
	c.Flags().StringVar(&o.config, "config", "", "configuration file of the store")
}

func engineerAddCommand(env *cli.Env) *cobra.Command {
	var o engineerOptions
	c := &cobra.Command{
		Use:   "add NAME",
		Short: "let somebody look up over NATS, and write his credential",
		Long: "Let an engineer look up over NATS: tacit lookup ID --credential FILE. The file is written once, for him alone;\n" +
			"this store keeps the public half of the key in it. It names the edge, the edge's word for engineers\n" +
			"(desk_credential in the store's file), and the vendor's key. Run it as the store's user, on its machine; the\n" +
			"store may be running. That it was run goes into the audit log. With stores of several groups, copy\n" +
			"desk/engineers.json in the data directory to the others.",
		Args: cli.Args(func(c *cobra.Command, args []string) error {
			if o.groups < 1 || o.groups > wire.Partitions {
				return cli.WithHint(fmt.Errorf("--groups %d cannot be", o.groups), "take 1 to %d", wire.Partitions)
			}
			return cobra.ExactArgs(1)(c, args)
		}),
		RunE: func(c *cobra.Command, args []string) error { return addEngineer(c.Context(), env, o, args[0]) },
	}
	o.flags(c)
	c.Flags().StringVar(&o.out, "out", "", "file to write the credential to; without it, NAME.credential")
	c.Flags().IntVar(&o.groups, "groups", 1, "groups of stores, as the edge has them")
	return c
}

func engineerListCommand(env *cli.Env) *cobra.Command {
	var o engineerOptions
	c := &cobra.Command{
		Use:   "list",
		Short: "who may look up over NATS",
		Args:  cli.Args(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			_, at, err := o.find(env)
			if err != nil {
				return err
			}
			all, err := engineers.In(at.data.Desk()).All()
			if err != nil {
				return err
			}
			return printEngineers(env, all)
		},
	}
	o.flags(c)
	return c
}

func engineerRemoveCommand(env *cli.Env) *cobra.Command {
	var o engineerOptions
	c := &cobra.Command{
		Use:   "remove NAME",
		Short: "let somebody look up over NATS no more, from his next question on",
		Args:  cli.Args(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			_, at, err := o.find(env)
			if err != nil {
				return err
			}
			if err := noteEngineer(c.Context(), at, "engineer removed", args[0]); err != nil {
				return err
			}
			return explainEngineers(engineers.In(at.data.Desk()).Remove(args[0]))
		},
	}
	o.flags(c)
	return c
}

// find reads the store's configuration.
func (o *engineerOptions) find(env *cli.Env) (*storeSettings, foundStore, error) {
	s, err := readStoreSettings(env, o.config)
	if err != nil {
		return nil, foundStore{}, err
	}
	at := foundStore{data: env.DataOr(s.Data), keys: s.Keys, passphrase: passphrase(s.Passphrase)}
	if err := checkOwner(at.data.Store(), "store"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, at, err
	}
	return s, at, nil
}

// addEngineer writes the audit log first: nobody is let in whom it does not show.
func addEngineer(ctx context.Context, env *cli.Env, o engineerOptions, name string) error {
	s, at, err := o.find(env)
	if err != nil {
		return err
	}
	if s.Engineers == "" {
		return cli.WithHint(errors.New("desk_credential is missing in the store's configuration"), "take the one for engineers: the edge prints where it lies")
	}
	vendor, err := vendorOf(ctx, at)
	if err != nil {
		return err
	}
	if o.out == "" {
		o.out = name + ".credential"
	}
	if _, err := os.Lstat(o.out); !errors.Is(err, fs.ErrNotExist) {
		return cli.WithHint(fmt.Errorf("%s is there already", cli.Shown(o.out)), "name another file with --out")
	}
	if err := noteEngineer(ctx, at, "engineer added", name); err != nil {
		return err
	}
	list := engineers.In(at.data.Desk())
	key, err := list.Add(name, time.Now())
	if err != nil {
		return explainEngineers(err)
	}
	c := deskCredential{
		Relays: s.Relays, Fingerprint: s.Fingerprint, Credential: s.Engineers, Vendor: vendor, Groups: o.groups, Engineer: name, Key: seedOf(key),
	}
	if err := c.write(o.out); err != nil {
		return errors.Join(err, list.Remove(name)) // a key that nobody has
	}
	fmt.Fprintf(env.Err, "%s may look up with the credential in %s. Give him the file by a safe way, and keep no copy.\n", name, cli.Shown(o.out))
	return nil
}

// vendorOf returns the public half of the key that signs the store's key list, in
// hex.
func vendorOf(ctx context.Context, at foundStore) (string, error) {
	keeper, err := store.OpenKeeper(ctx, at.home())
	if err != nil {
		return "", explainSecrets(err)
	}
	r, err := keeper.Report(ctx)
	if err := errors.Join(err, keeper.Close()); err != nil {
		return "", explainSecrets(err)
	}
	if r.VendorKey == "" {
		return "", cli.WithHint(errors.New("the store has no vendor key yet"), "start it once: tacit store --config FILE")
	}
	return r.VendorKey, nil
}

// noteEngineer writes into the audit log what is done to an engineer.
func noteEngineer(ctx context.Context, at foundStore, what, name string) error {
	if _, err := audit.Clean(name, audit.MaxTicket*2, ""); err != nil {
		return cli.WithHint(fmt.Errorf("the name: %w", err), "an engineer has a short name")
	}
	log, err := audit.Open(auditOf(at.data, slog.New(slog.DiscardHandler)))
	if err == nil {
		_, err = log.Begin(ctx, audit.Entry{By: ownUser(), From: audit.Command, Act: audit.Account, What: what, Of: name})
	}
	if err != nil {
		return explainAudit(err)
	}
	return nil
}

func explainEngineers(err error) error {
	switch {
	case errors.Is(err, engineers.ErrNone):
		return cli.WithHint(err, "tacit store engineer list shows who there is")
	case errors.Is(err, engineers.ErrName):
		return cli.WithHint(err, "such as ada or ada.b")
	}
	return explainHeld(err)
}

func printEngineers(env *cli.Env, all []engineers.Engineer) error {
	if env.JSON {
		if all == nil {
			all = []engineers.Engineer{}
		}
		return env.PrintJSON(all)
	}
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	for _, e := range all {
		fmt.Fprintf(w, "%s\tadded %s\n", e.Name, e.Added.Format(time.DateOnly))
	}
	return w.Flush()
}
