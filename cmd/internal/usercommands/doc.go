// Package usercommands holds the commands of whoever uses a host, which tacit
// and tacit-agent share: id, lookups, debug, why, off, on, preview, send, outbox,
// erase.
//
// They ask the running agent, without root. When none runs, they open the data
// directory themselves, under its lock, as far as the user may.
package usercommands

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/tacit-telemetry/tacit/agent"
	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/anon/identity"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
	"github.com/tacit-telemetry/tacit/internal/datadir"
)

// Add adds the commands to root.
func Add(root *cobra.Command, env *cli.Env) {
	root.AddCommand(idCommand(env), lookupsCommand(env), debugCommand(env), whyCommand(env), offCommand(env), onCommand(env),
		previewCommand(env), sendCommand(env), outboxCommand(env), eraseCommand(env))
}

// LockName is the name of the lock that an agent's process holds in DIR/run.
const LockName = "agent"

// errNoInstallation says that no agent was ever started there.
var errNoInstallation = errors.New("there is no installation here yet")

// ask does something with the running agent; when none runs, without one.
func ask(ctx context.Context, env *cli.Env, running func(*local.Caller) error, alone func(*agent.Agent) error) error {
	err := running(local.NewCaller(env.Data().Run()))
	if !errors.Is(err, local.ErrNotRunning) || alone == nil {
		return err
	}
	dir := env.Data()
	there, missing := identity.Exists(dir.Agent())
	if missing != nil {
		return fmt.Errorf("no agent is running, and without one: %w", missing)
	}
	if !there {
		return cli.WithHint(fmt.Errorf("%w, and no agent is running", errNoInstallation), "start one: tacit up%s", env.Flag())
	}
	lock, err := datadir.TakeLock(dir.Run(), LockName)
	if err != nil {
		return err
	}
	reg, err := keptRegistry(dir)
	if err != nil { // nobody's refusal fails for it; the registry that is built in is used
		fmt.Fprintf(env.Err, "note: what products of this host report is not known without the agent: %s\n", cli.Shown(err.Error()))
	}
	a, err := agent.New(ctx, agent.Config{Data: dir, Product: cli.Product(), Registry: reg, Observe: true})
	if err != nil {
		return errors.Join(err, lock.Release())
	}
	return errors.Join(alone(a), a.Stop(ctx), lock.Release())
}
