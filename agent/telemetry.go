package agent

import (
	"context"
	"errors"
	"net"

	"github.com/tacit-telemetry/tacit/agent/local"
	"github.com/tacit-telemetry/tacit/agent/otlp"
)

// newTelemetry returns what takes OpenTelemetry.
func (a *Agent) newTelemetry() *otlp.Receiver {
	return otlp.New(otlp.Config{
		Registry: a.config.Registry, Taker: a,
		MayCollect: func() bool { return a.participation.Decide().MayCollect },
		Identifies: func(name string) bool {
			_, hit := tripwire{a.own}.Trips([]byte(name))
			return hit
		},
		Now: a.config.Now,
	})
}

// forgetTelemetry has sums begin anew when the decision changes: what happened
// before a yes is in no difference to what comes after it.
func (a *Agent) forgetTelemetry() {
	if a.telemetry != nil {
		a.telemetry.Forget()
	}
}

// stopTelemetry closes the listener, also of an agent that was never started.
func (a *Agent) stopTelemetry(ctx context.Context) error {
	if a.otlp != nil {
		err := a.otlp.Stop(ctx)
		a.otlp = nil
		return err
	}
	if a.config.OTLP == nil {
		return nil
	}
	if err := a.config.OTLP.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// unmapped counts what came by OpenTelemetry and was dropped.
func (a *Agent) unmapped() (out []local.Unmapped) {
	if a.telemetry == nil {
		return nil
	}
	for _, c := range a.telemetry.Dropped() {
		out = append(out, local.Unmapped(c))
	}
	return out
}
