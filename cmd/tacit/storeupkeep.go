package main

import (
	"errors"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/store/db"
	"github.com/tacit-telemetry/tacit/store/home"
	"github.com/tacit-telemetry/tacit/store/pages"
	"github.com/tacit-telemetry/tacit/store/secret"
	"github.com/tacit-telemetry/tacit/store/upkeep"
)

// whereHelp ends the help of commands that look after a store.
const whereHelp = "The store is that of --config FILE, or else of --data DIR, with its keys in DIR/keys or --keys. A store\n" +
	"that runs there is asked on its socket, and goes on taking what comes; it uses its own keys, and with\n" +
	"--keys or --passphrase-file the command is refused. Where none runs, this command holds the directory meanwhile."

// explainUpkeep says what to do about errors of the store's upkeep.
func explainUpkeep(err error) error {
	if held, ok := errors.AsType[*datadir.HeldError](err); ok && !errors.Is(err, home.ErrSilent) {
		return explainHeld(held)
	}
	switch {
	case errors.Is(err, secret.ErrPassphrase), errors.Is(err, secret.ErrMixed):
		return explainSecrets(err)
	case errors.Is(err, home.ErrNoStore):
		return cli.WithHint(err, "name the directory that the store was started with: --data DIR, or its --config FILE")
	case errors.Is(err, home.ErrSilent):
		return cli.WithHint(err, "wait until it has started, or end it")
	case errors.Is(err, upkeep.ErrStopped):
		return cli.WithHint(err, "run the same command again: it works on a stopped store too")
	case errors.Is(err, db.ErrNoKeys), errors.Is(err, upkeep.ErrNoSecret):
		return cli.WithHint(err, "name the directory of the keys that belong to this store: --keys DIR; or put its backup back")
	case errors.Is(err, pages.ErrOlder):
		return cli.WithHint(err, "put the newest copy of %s back into the keys directory: without it erased pages would come back", pages.LedgerFile)
	case errors.Is(err, upkeep.ErrBackup):
		return cli.WithHint(err, "take another copy of the backup, and the keys of the store that wrote it; nothing was changed")
	case errors.Is(err, upkeep.ErrNotEmpty):
		return cli.WithHint(err, "name another directory with --data; to replace a store, end it and move its directory away")
	case errors.Is(err, upkeep.ErrRecall):
		return cli.WithHint(err, "name the build as its agent does: tacit-agent --version")
	case errors.Is(err, db.ErrFull):
		return cli.WithHint(err, "free space on the volume; nothing that was confirmed is lost")
	}
	return explainSecrets(err)
}

// notWhole is the error of a command that did what it could and found troubles.
func notWhole(findings int, hint string) error {
	return cli.WithHint(errors.New(cli.Count(findings, "finding")), "%s", hint)
}
