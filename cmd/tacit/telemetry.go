package main

import (
	"context"
	"errors"
	"net"

	"github.com/tacit-telemetry/tacit/agent/otlp"
	"github.com/tacit-telemetry/tacit/relay/door"
)

// listenForTelemetry listens where OpenTelemetry's SDKs send to by themselves, or
// at a free port when that is taken or none is to be. One cycle listens nowhere.
func (h *house) listenForTelemetry(ctx context.Context) (err error) {
	if h.options.once {
		return nil
	}
	address := otlp.DefaultAddress
	if h.options.ports == 0 {
		address = anyPort
	}
	h.otlp, err = otlp.Listen(ctx, address)
	if door.PortInUse(err) {
		h.otlp, err = otlp.Listen(ctx, anyPort)
	}
	if err != nil {
		return err
	}
	h.undo.later(func(context.Context) error {
		if err := h.otlp.Close(); !errors.Is(err, net.ErrClosed) { // the agent closes it, if it came to be
			return err
		}
		return nil
	})
	return nil
}

// otlpURL is the endpoint that an SDK is told, or "" without one.
func (h *house) otlpURL() string {
	if h.otlp == nil {
		return ""
	}
	return "http://" + h.otlp.Addr().String()
}
