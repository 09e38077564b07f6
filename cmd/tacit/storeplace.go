package main

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/secret"
)

const passphraseUsage = "file with the passphrase that the store's secrets are sealed under"

// storePlace is how a command is told which store it means: by the store's own
// configuration, or by directories.
type storePlace struct {
	config, keys, passphrase string
	seals                    bool // passphrase is what the command seals under, and opens nothing
}

func (p *storePlace) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.config, "config", "", "configuration file of the store; without it, that of tacit up")
	c.Flags().StringVar(&p.keys, "keys", "", "directory of the store's secrets, when it is not the configuration's or DIR/keys; a store that runs uses its own")
	usage := passphraseUsage + "; a store that runs uses its own"
	if p.seals {
		usage = "file with the passphrase to seal them under; with --plain, the one that they are under now"
	}
	c.Flags().StringVar(&p.passphrase, "passphrase-file", "", usage)
}

// foundStore is where a store is, and how its secrets open when nobody runs it.
type foundStore struct {
	data       datadir.Dir
	keys       string
	passphrase secret.Passphrase // nil: they are plain
	named      bool              // keys or passphrase, by flags
	asked      bool              // only the process that holds it, over its socket
}

// home is what finds who holds it.
func (f foundStore) home() home.Home {
	return home.Home{Dir: f.data.Store(), KeysDir: f.keys, RunDir: f.data.Run(), Passphrase: f.passphrase, Named: f.named, Asked: f.asked}
}

// find reads the configuration, if one is named. Flags win over it.
func (p *storePlace) find(env *cli.Env) (foundStore, error) {
	f := foundStore{data: env.Data(), keys: p.keys, named: p.keys != "" || p.passphrase != "" && !p.seals}
	file := p.passphrase
	if p.config != "" {
		s, err := readStoreSettings(env, p.config)
		if err != nil {
			return f, err
		}
		f.data = env.DataOr(s.Data)
		if f.keys == "" {
			f.keys = s.Keys
		}
		if file == "" {
			file = s.Passphrase
		}
	}
	if f.keys == "" {
		f.keys = f.data.Keys()
	}
	f.passphrase = passphrase(file)
	return f, nil
}

// explainSecrets says what to do about secrets that do not open, or are not the
// ones that a store uses, and about files of somebody else. What has a hint
// keeps it.
func explainSecrets(err error) error {
	if _, ok := errors.AsType[*cli.Hinted](err); ok {
		return err
	}
	switch {
	case errors.Is(err, secret.ErrPassphrase):
		return cli.WithHint(err, "name the file that holds it: --passphrase-file FILE, or passphrase_file in the store's configuration")
	case errors.Is(err, home.ErrOwnKeys):
		return cli.WithHint(err, "leave --keys and --passphrase-file out, or end the store first")
	case errors.Is(err, secret.ErrPlain):
		return cli.WithHint(err, "leave --passphrase-file out, and passphrase_file in the configuration; or seal them: tacit store keys seal")
	case errors.Is(err, fs.ErrPermission):
		return cli.WithHint(err, "run as the user who owns that path; the store's own directories belong to whoever runs it")
	case errors.Is(err, secret.ErrMixed):
		return cli.WithHint(err, "end the store, then: tacit store keys seal --passphrase-file FILE, or with --plain to go back")
	}
	return err
}
