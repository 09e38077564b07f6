package agent

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/participation"
)

// debugInterval is about how long it is between sendings while a user debugs: an
// hour of them stays within what a relay takes from one connection on a day.
const debugInterval = 3 * time.Minute

// Debug sends more often and at the most detail that machine policy and site
// allow, for as long as this host's user asks for, which ends by itself, over
// restarts too. Zero minutes end it.
func (a *Agent) Debug(ctx context.Context, o local.DebugOrder) (local.Why, error) {
	most := int(participation.MaxDebug.Minutes())
	if o.Minutes < 0 || o.Minutes > most {
		return local.Why{}, &local.Problem{Message: "so long nobody debugs", Hint: fmt.Sprintf("ask for 1 to %d minutes, or 0 to end it", most)}
	}
	if o.Minutes > 0 {
		if err := a.mayAsk("nothing is changed"); err != nil {
			return local.Why{}, err
		}
	}
	if err := a.participation.Debug(ctx, time.Duration(o.Minutes)*time.Minute); err != nil {
		a.config.Logger.Error("debug", slog.String("error", bare(err)))
		return local.Why{}, err
	}
	wake(a.turnedOn)
	return a.Why(), nil
}

// debugging says whether this host's user asked to debug now.
func (a *Agent) debugging() bool { return !a.participation.Decide().Debug.IsZero() }
