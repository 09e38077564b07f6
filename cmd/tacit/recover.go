package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/policy"
)

// byRecover stands in the history as who restored access: whoever can run
// commands as the relay's user on this machine.
const byRecover = "tacit relay recover"

func recoverCommand(env *cli.Env) *cobra.Command {
	return recoverCommandOf(env, recoverAccess, "configuration file of the relay; without it, that of tacit up", &cobra.Command{
		Short: "a one-time code to set a new password for the console; goes into the history",
		Long: "Restore access to the console after a lost password: print a one-time code by which the account, or\n" +
			"the first administrator, sets a new one. Run it as the relay's user, on the relay's machine; the relay\n" +
			"may be running. That it was run goes into the policy's history, which the console shows.",
	})
}

// recoverCommandOf makes the command that restores access to pages with accounts.
// The account is "" where none is named.
func recoverCommandOf(env *cli.Env, do func(ctx context.Context, env *cli.Env, file, account string) error, fileUsage string, c *cobra.Command) *cobra.Command {
	file := ""
	c.Use = "recover [ACCOUNT]"
	c.Args = cli.Args(cobra.MaximumNArgs(1))
	c.RunE = func(c *cobra.Command, args []string) error {
		account := ""
		if len(args) > 0 {
			account = args[0]
		}
		return do(c.Context(), env, file, account)
	}
	c.Flags().StringVar(&file, "config", "", fileUsage)
	return c
}

// recovery is what `recover --json` prints.
type recovery struct {
	Code  string    `json:"code"`
	URL   string    `json:"url"`
	Until time.Time `json:"until"`
}

// recoveryLife is how long the code is good for; see [web.Recover].
const recoveryLife = time.Hour

func recoverAccess(ctx context.Context, env *cli.Env, file, account string) error {
	dir, console, err := whereConsole(env, file)
	if err != nil {
		return err
	}
	if _, err := os.Stat(consoleDir(dir)); errors.Is(err, fs.ErrNotExist) {
		return cli.WithHint(errors.New("no console was ever started there"), "start the relay: it prints the code for the first account")
	}
	if err := checkOwner(dir.Relay(), "relay"); err != nil {
		return err
	}
	now := time.Now()
	code, err := web.Recover(ctx, consoleDir(dir), account, now)
	if errors.Is(err, web.ErrNoAccount) {
		return cli.WithHint(err, "leave the name out for the first account")
	}
	// Nobody sees a code that the history does not show.
	if err == nil {
		err = noteRecovery(ctx, dir.Relay(), dir.Witness("relay"))
	}
	if err != nil {
		return err
	}
	return printRecovery(env, code, console+"recover", now)
}

// printRecovery prints a code that was made now, and where it is typed.
func printRecovery(env *cli.Env, code, url string, now time.Time) error {
	out := recovery{Code: code, URL: url, Until: now.Add(recoveryLife).UTC().Truncate(time.Second)}
	if env.JSON {
		return env.PrintJSON(out)
	}
	env.Printf("%s\n", out.Code)
	fmt.Fprintf(env.Err, "Type this code at %s before %s; it is good for one new password.\n", out.URL, out.Until.Format("15:04 UTC"))
	return nil
}

// whereConsole returns the data directory that a file means, and where the
// console is.
func whereConsole(env *cli.Env, file string) (dir datadir.Dir, url string, err error) {
	if file == "" {
		b, err := os.ReadFile(filepath.Join(env.Data().Run(), endpointsFile))
		var e endpoints
		if err != nil || json.Unmarshal(b, &e) != nil || e.Console == "" {
			e.Console = "http://" + defaultConsole.String() + "/" // not running; where it mostly is
		}
		return env.Data(), e.Console, nil
	}
	s, err := readRelaySettings(file)
	if err != nil {
		return "", "", err
	}
	if !s.Site {
		return "", "", cli.WithHint(errors.New("this relay has no console"), "name the configuration of the site's relay")
	}
	return env.DataOr(s.Data), s.consoleURL(s.Console), nil
}

// consoleDir is where the console of the relay keeps its accounts.
func consoleDir(data datadir.Dir) string { return filepath.Join(data.Relay(), "console") }

// noteRecovery writes into the history that access was restored. It decides
// nothing: it needs no registry.
func noteRecovery(ctx context.Context, dir, witness string) error {
	p, err := policy.Open(policy.Config{Dir: filepath.Join(dir, "policy"), Witness: witness})
	if err != nil {
		return err
	}
	return p.Note(ctx, web.ActRestored, byRecover)
}
