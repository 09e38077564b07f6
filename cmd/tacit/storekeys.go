package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/schema/wire"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/ingest"
)

func storeKeysCommand(env *cli.Env) *cobra.Command {
	return cli.Group("keys", "the keys that agents seal to, and the store's secrets at rest",
		keysListCommand(env), keysRotateCommand(env), keysPublishCommand(env), keysSealCommand(env))
}

func keysListCommand(env *cli.Env) *cobra.Command {
	var place storePlace
	c := &cobra.Command{
		Use:   "list",
		Short: "which keys there are, what each is for, and until when",
		Long: "Print the store's keys, the version and fingerprint of the list that agents get, and whether the secrets\n" +
			"are sealed. Private parts are never shown. Agents seal to the active key; the next one is in their list\n" +
			"already; what was sealed to one before opens until its last day, on which it is destroyed.\n" + whileRunning,
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return withKeys(c.Context(), env, place, func(ctx context.Context, k store.Keeper, _ foundStore) error {
				r, err := k.Report(ctx)
				if err != nil {
					return err
				}
				if env.JSON {
					return env.PrintJSON(shownKeys(r))
				}
				return printKeys(env, r)
			})
		},
	}
	place.flags(c)
	return c
}

// whileRunning ends the help of commands about keys.
const whileRunning = "\nIt asks the store that runs on the data directory, or opens the directory itself when none does."

func keysRotateCommand(env *cli.Env) *cobra.Command {
	var (
		place   storePlace
		destroy []uint
		ids     []uint32
	)
	c := &cobra.Command{
		Use:   "rotate",
		Short: "a new key from today on",
		Long: fmt.Sprintf("Make a new key, which agents seal to from today on. The one that was active is accepted until the end of its\n"+
			"%d days. Keys are renewed every %d days without this command: use it when you are not sure of one.\n\n"+
			"A key that got into wrong hands is destroyed with --destroy ID. Envelopes that were sealed to it and have\n"+
			"not come are refused at the relays, and their agents seal them again: nothing is lost. It cannot be undone.\n",
			wire.KeyAcceptedDays, wire.KeyActiveDays) + whileRunning,
		Args: cli.Args(func(c *cobra.Command, args []string) (err error) {
			if ids, err = keyIDs(destroy); err != nil {
				return err
			}
			return cobra.NoArgs(c, args)
		}),
		RunE: func(c *cobra.Command, _ []string) error {
			return withKeys(c.Context(), env, place, func(ctx context.Context, k store.Keeper, _ foundStore) error { return rotateKeys(ctx, env, k, ids) })
		},
	}
	place.flags(c)
	c.Flags().UintSliceVar(&destroy, "destroy", nil, "ID of a key to destroy at once; may be repeated")
	return c
}

// rotated is what `rotate --json` prints.
type rotated struct {
	ID        uint32   `json:"id"`
	Destroyed []uint32 `json:"destroyed"`
	Edges     string   `json:"edges"`
	keysJSON
}

// keyIDs returns the keys that --destroy names.
func keyIDs(destroy []uint) ([]uint32, error) {
	ids := make([]uint32, 0, len(destroy))
	for _, id := range destroy {
		if uint(uint32(id)) != id {
			return nil, cli.WithHint(fmt.Errorf("--destroy %d is no key's ID", id), "tacit store keys list shows them")
		}
		ids = append(ids, uint32(id))
	}
	return ids, nil
}

func rotateKeys(ctx context.Context, env *cli.Env, k store.Keeper, ids []uint32) error {
	r, err := k.Rotate(ctx, ids)
	if err != nil {
		return cli.WithHint(err, "tacit store keys list shows the keys; nothing was changed")
	}
	if env.JSON {
		return env.PrintJSON(rotated{r.ID, r.Destroyed, r.Edges, shownKeys(r.Keys)})
	}
	env.Printf("key %d is active from today on\n", r.ID)
	for _, id := range r.Destroyed {
		env.Printf("key %d is destroyed\n", id)
	}
	env.Printf("edges: %s\n\n", r.Edges)
	return printKeys(env, r.Keys)
}

// withKeys finds the store's keys and gives them back after use.
func withKeys(ctx context.Context, env *cli.Env, place storePlace, use func(context.Context, store.Keeper, foundStore) error) error {
	at, err := place.find(env)
	if err != nil {
		return err
	}
	k, err := store.OpenKeeper(ctx, at.home())
	if err != nil {
		return explainKeys(err)
	}
	return explainKeys(errors.Join(use(ctx, k, at), k.Close()))
}

func explainKeys(err error) error {
	var hinted *cli.Hinted
	switch {
	case errors.As(err, &hinted):
		return err
	case errors.Is(err, home.ErrNoStore):
		return cli.WithHint(err, "name the store's configuration with --config FILE, or the directory that tacit up was started with: --data DIR")
	case errors.Is(err, store.ErrUnsigned):
		return cli.WithHint(err, "start the store, which signs with the key among its secrets; or name the key: --vendor-key FILE")
	case errors.Is(err, ingest.ErrKeyID):
		return cli.WithHint(err, "tacit store keys list shows them")
	}
	if held, ok := errors.AsType[*datadir.HeldError](err); ok {
		return cli.WithHint(held, "wait until it has started, or end it (kill %d)", held.PID)
	}
	return explainSecrets(err)
}

// keysJSON is what commands print of the keys with --json.
type keysJSON struct {
	Version     uint64            `json:"version"`
	Fingerprint string            `json:"fingerprint"`
	VendorKey   string            `json:"vendor_key"`
	Signed      bool              `json:"signed"`
	Sealed      bool              `json:"sealed"`
	Day         string            `json:"day"`
	Keys        []store.KeyReport `json:"keys"`
}

func shownKeys(r store.KeysReport) keysJSON {
	return keysJSON{r.Version, r.Fingerprint, r.VendorKey, r.Signed, r.Sealed, r.Day, r.Keys}
}

func printKeys(env *cli.Env, r store.KeysReport) error {
	w := tabwriter.NewWriter(env.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "key list\tversion %d, %s\n", r.Version, signedWord(r))
	fmt.Fprintf(w, "fingerprint\t%s\n", r.Fingerprint)
	if r.VendorKey != "" {
		fmt.Fprintf(w, "vendor key\t%s\n", r.VendorKey)
	}
	fmt.Fprintf(w, "secrets\t%s\n\n", sealedWord(r.Sealed))
	fmt.Fprintln(w, "ID\tFROM\tSTATE\tUNTIL\tDESTROYED ON")
	for _, k := range r.Keys {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\n", k.ID, k.Start, k.State, k.Until, k.Destroyed)
	}
	return w.Flush()
}

func signedWord(r store.KeysReport) string {
	if r.Signed {
		return "signed"
	}
	return "not signed yet"
}

func sealedWord(sealed bool) string {
	if sealed {
		return "sealed under a passphrase"
	}
	return "plain files for their owner only"
}
