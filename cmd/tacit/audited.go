package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os/user"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/store/audit"
)

// audited does something with one installation's history, with a row in the
// audit log before and its outcome after. Without the first it does nothing.
func audited(ctx context.Context, at foundStore, e audit.Entry, do func() error) error {
	if err := checkOwner(at.data.Store(), "store"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	log, err := audit.Open(auditOf(at.data, slog.New(slog.DiscardHandler)))
	if err != nil {
		return explainAudit(err)
	}
	e.By, e.From = ownUser(), audit.Command
	row, err := log.Begin(ctx, e)
	if err != nil {
		return explainAudit(err)
	}
	err = do()
	how := outcomeOf(nil, err)
	if err == nil && e.Act == audit.Erased {
		how = audit.Done
	}
	if noted := log.End(context.WithoutCancel(ctx), row, e.By, audit.Command, how); noted != nil {
		return explainAudit(noted)
	}
	return err
}

// ownUser is who runs the command, as the system calls him.
func ownUser() string {
	u, err := user.Current()
	if err != nil {
		return "unknown user"
	}
	return "user " + u.Username
}

// explainAudit says what to do when nothing can be opened for lack of a row.
func explainAudit(err error) error {
	for _, known := range []error{audit.ErrDamaged, audit.ErrCut, audit.ErrFull} {
		if errors.Is(err, known) {
			return cli.WithHint(err, "tacit store verify says more; nothing was opened")
		}
	}
	return cli.WithHint(err, "without its row nothing is opened: free space on the volume of the data directory, and run it as the store's user")
}
