// Package registry holds what may be collected: the products, the programmes
// and the metrics, each with its purpose, its owner, its treatment and the
// roll-ups that it may enter. What it does not name does not leave a host, is
// refused whole by a store, and is not shown by whoever opens a page.
//
// A registry is one YAML file (at most [MaxFile] bytes). [Base] is the one that
// is built in. [Parse] reads any other, strictly: it takes no unknown, repeated
// or missing key, and tells all mistakes at once, each with file, line, column
// and what to write instead.
//
// Three checks use it, in the order of a record's life: [Registry.CheckOffered]
// before the treatments, on the host; [Registry.CheckTreated] after them, by
// whoever opens a page; [Registry.CheckFragment] in the store. A refusal wraps
// one of the sentinels in this package, and [Reason] turns it into a fixed word
// for answers and counts. No refusal repeats a value that was offered, since
// it may be somebody's name, nor a name that is not registered.
//
// A parsed registry never changes and may be used by many at once. Checks do
// no I/O, keep nothing and never block, so there is nothing to fill up or to go
// down: a record is named by the registry or it is refused.
package registry
