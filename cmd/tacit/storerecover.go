package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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

// byStoreRecover stands in the audit log as who restored access.
const byStoreRecover = "tacit store recover"

func storeRecoverCommand(env *cli.Env) *cobra.Command {
	var place storePlace
	c := &cobra.Command{
		Use:   "recover [ACCOUNT]",
		Short: "a one-time code to set a new password for the desk; goes into the audit log",
		Long: "Restore access to the desk after a lost password or a lost second factor: print a one-time code by which\n" +
			"the account, or the first administrator, sets new ones. Run it as the store's user, on its machine; the\n" +
			"store may be running. That it was run goes into the audit log.",
		Args: cli.Args(cobra.MaximumNArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			account := ""
			if len(args) > 0 {
				account = args[0]
			}
			return recoverDesk(c.Context(), env, place, account)
		},
	}
	c.Flags().StringVar(&place.config, "config", "", "configuration file of the store; without it, that of tacit up")
	return c
}

// deskAccounts is where the desk keeps its accounts.
func deskAccounts(data datadir.Dir) string { return filepath.Join(data.Desk(), "accounts") }

func recoverDesk(ctx context.Context, env *cli.Env, place storePlace, account string) error {
	at, err := place.find(env)
	if err != nil {
		return err
	}
	dir := deskAccounts(at.data)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return cli.WithHint(errors.New("no desk was ever started there"), "start the store with a desk: it prints the code for the first account")
	}
	if err := checkOwner(dir, "store"); err != nil {
		return err
	}
	log, err := audit.Open(auditOf(at.data, slog.New(slog.DiscardHandler)))
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
		_, err = log.Begin(ctx, audit.Entry{By: byStoreRecover, From: audit.Command, Act: audit.Account, What: web.ActRestored, Of: account})
	}
	if err != nil {
		return err
	}
	url, err := whereDesk(env, place)
	if err != nil {
		return err
	}
	out := recovery{Code: code, URL: url, Until: now.Add(recoveryLife).UTC().Truncate(time.Second)}
	if env.JSON {
		return env.PrintJSON(out)
	}
	env.Printf("%s\n", out.Code)
	fmt.Fprintf(env.Err, "Type this code at %s before %s; it is good for one new password.\n", out.URL, out.Until.Format("15:04 UTC"))
	return nil
}

// whereDesk returns where a browser finds the desk.
func whereDesk(env *cli.Env, place storePlace) (string, error) {
	if place.config == "" {
		b, err := os.ReadFile(filepath.Join(env.Data().Run(), endpointsFile))
		var e endpoints
		if err != nil || json.Unmarshal(b, &e) != nil || e.Desk == "" {
			return "http://" + defaultDesk.String() + "/", nil // not running; where it mostly is
		}
		return e.Desk, nil
	}
	s, err := readStoreSettings(env, place.config)
	if err != nil {
		return "", err
	}
	scheme := "http://"
	if s.Desk.Certificate != "" {
		scheme = "https://"
	}
	return scheme + s.Desk.Listen.String() + "/", nil
}
