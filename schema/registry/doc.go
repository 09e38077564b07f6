// Package registry holds what may be collected: the products, the programmes
// and the metrics, each with its purpose, its owner, its treatment and the
// roll-ups that it may enter. What it does not name does not leave a host, is
// refused whole by a store, and is not shown by whoever opens a page.
//
// [Base] is what is built in, one YAML file. A product has files of its own,
// which [Overlay] lays over it: metrics that only the products of that file may
// report, at a release that the vendor counts. All are read strictly, at most
// [MaxFile] bytes each: no unknown, repeated or missing key is taken, and all
// mistakes are told at once, each with file, line, column and what to write
// instead. [Lint] adds what depends on the day. A [Set] has several releases of
// one product's registry, for whoever receives what hosts send.
//
// A metric has the keys
//
//	name, description, category, programme, level, type, unit
//	treatment:  keep, bucket, hash, scrub; labels may also have drop
//	values:     the texts that may be kept, or format: version, os_version, country, frames
//	overflow:   other: a text that is not listed becomes this on the host
//	templates:  of type log: [{id: ..., text: ...}]; a record carries the ID. What
//	            is filled in is {name} in the text, and dropped unless a label has
//	            that name: see package template. A log of treatment scrub has
//	            none, and carries its lines
//	max:        of numbers; of type survey at most 10
//	buckets:    ascending bounds
//	labels:     [{name, description, treatment, values or format, overflow, attribute}];
//	            those with treatment bucket have a unit and buckets, and are offered
//	            as a number in decimal digits
//	rollups:    [{facets: at most 3 configuration metrics, min_installations: 20}]
//	otlp:       what of OpenTelemetry becomes it: {span: NAME}, {metric: NAME},
//	            {event: NAME}, {exception: true}; a label is taken from the attribute
//	            of its name, or the one that it names
//	page, owner, purpose, review, since
//	expires:    the last day on which it is collected, or never
//
// Three checks use it, in the order of a record's life: [Registry.CheckOffered]
// before the treatments, on the host; [Registry.CheckTreated] after them, by
// whoever opens a page; [Registry.CheckFragment] in the store. A refusal wraps
// one of the sentinels in this package, and [Reason] turns it into a fixed word
// for answers and counts. No refusal repeats a value that was offered, since
// it may be somebody's name, nor a name that is not registered.
//
// [Registry.Matcher] turns the lines that a product logs into records; where they
// are read says [Log], at level enhanced only.
//
// Between the first two checks [Metric.Fit] and [Label.Fit] put the overflow in
// place of what is not listed, the latter a range in place of a number. Whether a
// metric has expired is asked by whoever has a clock: [Metric.Expired].
//
// A parsed registry never changes and may be used by many at once. Checks do
// no I/O, keep nothing and never block, so there is nothing to fill up or to go
// down: a record is named by the registry or it is refused.
package registry
