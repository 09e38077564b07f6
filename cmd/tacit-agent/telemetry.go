package main

import (
	"context"
	"net"

	"github.com/tacit-telemetry/tacit/agent/otlp"
	"github.com/tacit-telemetry/tacit/cmd/internal/cli"
)

// listenForTelemetry listens where the file says, or nowhere: nil.
func listenForTelemetry(ctx context.Context, c *settings) (net.Listener, error) {
	if c.OTLP.Off {
		return nil, nil
	}
	l, err := otlp.Listen(ctx, c.OTLP.String())
	if err != nil {
		return nil, cli.WithHint(err, "another program may have the port, such as a collector of OpenTelemetry: end it, or choose another with otlp in the configuration")
	}
	return l, nil
}

// taken says where OpenTelemetry is taken.
func taken(l net.Listener) string {
	if l == nil {
		return ""
	}
	return "; takes OpenTelemetry at http://" + l.Addr().String()
}
