package main

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/store/audit"
)

// byDeskRecover stands in the audit log as who restored access.
const byDeskRecover = "tacit desk recover"

func deskRecoverCommand(env *cli.Env) *cobra.Command {
	return recoverCommandOf(env, recoverDesk, "configuration file of the desk; without it, that of tacit up", &cobra.Command{
		Short: "a one-time code to set a new password for the desk; goes into the audit log",
		Long: "Restore access to the desk after a lost password or a lost second factor: print a one-time code by which\n" +
			"the account, or the first administrator, sets new ones. Run it as the store's user, on its machine; the\n" +
			"desk may be running. That it was run goes into the audit log.",
	})
}

// deskAccounts is where the desk keeps its accounts.
func deskAccounts(data datadir.Dir) string { return filepath.Join(data.Desk(), "accounts") }

func recoverDesk(ctx context.Context, env *cli.Env, file, account string) error {
	data, url, err := whereDesk(env, file)
	if err != nil {
		return err
	}
	dir := deskAccounts(data)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return cli.WithHint(errors.New("no desk was ever started there"), "start the desk: it prints the code for the first account")
	}
	if err := checkOwner(dir, "store"); err != nil {
		return err
	}
	log, err := audit.Open(auditOf(data, slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	now := time.Now()
	code, err := web.Recover(ctx, dir, account, now)
	if errors.Is(err, web.ErrNoAccount) {
		return cli.WithHint(err, "leave the name out for the first administrator")
	}
	// Nobody sees a code that the log does not show.
	if err == nil {
		_, err = log.Begin(ctx, audit.Entry{By: byDeskRecover, From: audit.Command, Act: audit.Account, What: web.ActRestored, Of: account})
	}
	if err != nil {
		return err
	}
	return printRecovery(env, code, url+"recover", now)
}

// whereDesk returns the data directory that a file means, and where a browser
// finds the desk.
func whereDesk(env *cli.Env, file string) (data datadir.Dir, url string, err error) {
	if file == "" {
		b, err := os.ReadFile(filepath.Join(env.Data().Run(), endpointsFile))
		var e endpoints
		if err != nil || json.Unmarshal(b, &e) != nil || e.Desk == "" {
			e.Desk = "http://" + defaultDesk.String() + "/" // not running; where it mostly is
		}
		return env.Data(), e.Desk, nil
	}
	s, err := readDeskSettings(file)
	if err != nil {
		return "", "", err
	}
	return env.DataOr(s.Data), s.url(), nil
}
