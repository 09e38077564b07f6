package main

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/durable"
	"github.com/tacit-telemetry/tacit/store"
	"github.com/tacit-telemetry/tacit/store/secret"
)

func keysPublishCommand(env *cli.Env) *cobra.Command {
	var (
		place  storePlace
		out    outFile
		vendor string
	)
	c := &cobra.Command{
		Use:   "publish",
		Short: "give the current key list to the edges, and write it for installers",
		Long: "Sign the list of the current keys and tell it to the edges of the running store, which does so by itself\n" +
			"every hour. With --out it is written to a file, for installers and for hosts without a network.\n\n" +
			"With --vendor-key the list is signed in this process with a key that lies elsewhere, such as on a stick,\n" +
			"and the store keeps the signed list. A store without vendor.key among its secrets never makes one once it\n" +
			"has got such a list; sign again whenever the keys change, which is every month: list says so.\n\n" +
			outHelp + "\n" + whileRunning,
		Args: cli.Args(func(c *cobra.Command, args []string) error { return errors.Join(out.typed(), cobra.NoArgs(c, args)) }),
		RunE: func(c *cobra.Command, _ []string) error {
			return withKeys(c.Context(), env, place, func(ctx context.Context, k store.Keeper, at foundStore) error {
				if err := out.check(at); err != nil {
					return err
				}
				return publishKeys(ctx, env, k, vendor, out)
			})
		},
	}
	place.flags(c)
	out.flag(c, "file to write the signed list to; a regular one that is there is replaced")
	c.Flags().StringVar(&vendor, "vendor-key", "", "file with the vendor's signing key, PEM (PKCS #8, Ed25519)")
	return c
}

// published is what `publish --json` prints.
type published struct {
	Edges string `json:"edges"`
	Out   string `json:"out,omitempty"`
	keysJSON
}

func publishKeys(ctx context.Context, env *cli.Env, k store.Keeper, vendorFile string, out outFile) error {
	var (
		signed []byte
		public ed25519.PublicKey
	)
	if vendorFile != "" {
		var err error
		if signed, public, err = signKeys(ctx, k, vendorFile); err != nil {
			return err
		}
	}
	p, err := k.Publish(ctx, signed, public)
	if err != nil {
		return err
	}
	if out.path != "" {
		if err := durable.WriteFile(out.path, p.Signed, 0o644); err != nil {
			return out.explain(fmt.Errorf("write the key list: %w", err))
		}
	}
	if env.JSON {
		return env.PrintJSON(published{p.Edges, out.path, shownKeys(p.Keys)})
	}
	env.Printf("key list %d, %s\nedges: %s\n", p.Keys.Version, p.Keys.Fingerprint, p.Edges)
	if out.path != "" {
		env.Printf("written to %s\n", cli.Shown(out.path))
	}
	return nil
}

// signKeys signs the current list with a key that only this process reads.
func signKeys(ctx context.Context, k store.Keeper, file string) ([]byte, ed25519.PublicKey, error) {
	b, err := durable.ReadOwnerFile(file)
	if err != nil {
		return nil, nil, fmt.Errorf("read vendor key: %w", err)
	}
	v, err := store.ParseVendor(b)
	if err != nil {
		return nil, nil, cli.WithHint(fmt.Errorf("read vendor key %s: %w", file, err), "it is made with: openssl genpkey -algorithm ed25519")
	}
	r, err := k.Report(ctx)
	if err != nil {
		return nil, nil, err
	}
	signed, err := v.SignBytes(r.List)
	return signed, v.Public, err
}

func keysSealCommand(env *cli.Env) *cobra.Command {
	place := storePlace{seals: true}
	var (
		old   string
		plain bool
	)
	c := &cobra.Command{
		Use:   "seal",
		Short: "encrypt the store's secrets under a passphrase",
		Long: "Seal every secret in the store's keys directory under the passphrase in --passphrase-file (or the one of the\n" +
			"configuration, or of the service manager). Whoever copies the directory then has nothing without it; the\n" +
			"store needs it at every start. Lose it, and everything that the store holds is lost: keep a copy elsewhere.\n\n" +
			"To change it, give the one before as --old-passphrase-file. --plain takes the passphrase away. What was\n" +
			"interrupted half way goes on with the same command. Backups of the directory stay under the passphrase\n" +
			"that they were made with.\n" + whileRunning,
		Args: cli.Args(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			return withKeys(c.Context(), env, place, func(ctx context.Context, k store.Keeper, at foundStore) error {
				return sealKeys(ctx, env, k, at.passphrase, old, plain)
			})
		},
	}
	place.flags(c)
	c.Flags().StringVar(&old, "old-passphrase-file", "", "file with the passphrase that the secrets are sealed under now, to change it")
	c.Flags().BoolVar(&plain, "plain", false, "make the secrets plain files again")
	return c
}

var errNoPassphrase = errors.New("no passphrase to seal under")

func sealKeys(ctx context.Context, env *cli.Env, k store.Keeper, pass secret.Passphrase, oldFile string, plain bool) error {
	var old secret.Passphrase
	if oldFile != "" {
		old = secret.FromFile(oldFile)
	}
	switch {
	case plain && old == nil:
		old, pass = pass, nil
	case plain:
		pass = nil
	case pass == nil:
		return cli.WithHint(errNoPassphrase, "write one line into a file that only you can read, and name it: --passphrase-file FILE")
	}
	r, err := k.Seal(ctx, old, pass)
	if errors.Is(err, secret.ErrPassphrase) {
		return cli.WithHint(err, "name the file with the passphrase of now: --old-passphrase-file FILE, or with --plain --passphrase-file FILE")
	}
	if err != nil {
		return err
	}
	if env.JSON {
		return env.PrintJSON(r)
	}
	env.Printf("%s changed; the store's secrets are %s\n", cli.Count(r.Changed, "file"), sealedWord(r.Sealed))
	if r.Sealed {
		env.Printf("the store needs the passphrase at every start: name the file in its configuration, as passphrase_file\n")
	} else {
		env.Printf("take the passphrase out of the store's configuration before it starts again\n")
	}
	return nil
}
