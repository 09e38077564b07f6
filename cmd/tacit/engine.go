package main

import (
	"context"

	"github.com/tacit-telemetry/tacit/agent/collect"
	"github.com/tacit-telemetry/tacit/relay"
	"github.com/tacit-telemetry/tacit/schema"
)

// engine reports relay and store, which are Tacit's own engine: what they did
// since the last look.
func (h *house) engine() collect.Source {
	var (
		last    relay.Stats
		commits uint64
	)
	return func(context.Context) ([]collect.Sample, error) {
		now := h.relay.Stats()
		out := []collect.Sample{number("tacit.relay.connections", int64(now.Door.Connections))}
		for result, n := range map[string]uint64{
			"passed":  now.Gate.Passed - last.Gate.Passed,
			"refused": now.Gate.Refused.Total() - last.Gate.Refused.Total(),
			"thin":    now.Pool.Thin - last.Pool.Thin,
		} {
			if n > 0 {
				out = append(out, number("tacit.relay.envelopes", int64(n), schema.Label{Name: "result", Value: result}))
			}
		}
		last = now
		stats, err := h.store.Stats()
		if err != nil {
			return out, err
		}
		out = append(out, number("tacit.store.rows", int64(stats.Rows)), number("tacit.store.bytes", stats.Bytes))
		fresh := min(stats.Groups-commits, uint64(len(stats.Recent)))
		commits = stats.Groups
		for _, took := range stats.Recent[uint64(len(stats.Recent))-fresh:] {
			out = append(out, number("tacit.operation.duration", took.Microseconds(), schema.Label{Name: "operation", Value: "commit"}))
		}
		return out, nil
	}
}

func number(metric string, n int64, labels ...schema.Label) collect.Sample {
	return collect.Sample{Metric: metric, Value: schema.Number(n), Labels: labels}
}
