package main

import (
	"maps"
	"slices"

	"github.com/tacit-telemetry/tacit/cmd/internal/health"
)

// labelled returns counts of one name, told apart by a label.
func labelled(name, help, label string, values map[string]uint64) []health.Count {
	out := make([]health.Count, 0, len(values))
	for _, value := range slices.Sorted(maps.Keys(values)) {
		out = append(out, health.Count{Name: name, Help: help, Label: label, Value: value, Number: float64(values[value])})
	}
	return out
}

func total(name, help string, n uint64) health.Count {
	return health.Count{Name: name, Help: help, Number: float64(n)}
}

func gauge(name, help string, n float64) health.Count {
	return health.Count{Name: name, Help: help, Number: n, Gauge: true}
}
