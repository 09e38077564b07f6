// Package otlp takes what a product emits for OpenTelemetry already: OTLP over
// HTTP, in protobuf or JSON, with gzip or without, for traces, metrics and logs.
// It listens on loopback only.
//
//	POST /v1/traces   spans to durations and counters, exceptions to errors
//	POST /v1/metrics  sums to counters, gauges to quantities, histograms to durations
//	POST /v1/logs     events to counters, exceptions to errors
//
// The registry says what becomes of what: service.name of the resource is a
// registered product, the otlp list of a metric names its sources, and a label
// is taken from an attribute. Nothing else is looked at: bodies of logs, messages
// and stacks of exceptions, IDs of traces and all other attributes are skipped
// where they stand, and never become a text of this process.
//
// What is not mapped is dropped, answered as taken, and counted by its name, in
// memory, for the status of this agent; see [Receiver.Dropped]. A stock SDK has
// nothing to try again and nothing to log. What could not be kept because the
// spool is broken is answered 503, and nothing of that request was taken.
//
// A sum or a histogram that counts up since the product's start is taken as what
// it is more than before. Its first value gives nothing, unless it began after
// this receiver did: what was before was never this agent's to count. All is
// begun anew when participation changes, so that what happened before a yes is
// in no difference.
//
// Everything is bounded: 4 MiB of a body as it came and unpacked, 16 MiB of all
// bodies that are read at once, 10,000 records of a request, 2,000 series, 1,000
// counted names. What is over is refused with 413, 429 or 503, answered as rejected,
// forgotten from the oldest on, or counted as "other". Bodies are read
// by hand, field by field: as the messages of a library, 4 MiB of empty spans were
// 565 MiB in memory.
package otlp

// Bounds of a request.
const (
	MaxBody    = 4 << 20 // bytes, packed and unpacked
	MaxRecords = 10_000  // that one request may become; the rest is answered as rejected
)
