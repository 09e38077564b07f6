package codec

import "github.com/tacit-telemetry/tacit/schema"

// Traffic returns n records of what the figures are measured with.
func Traffic(n int) []schema.Record { return newTraffic(1).batch(n, true) }
