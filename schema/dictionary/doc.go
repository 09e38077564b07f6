// Package dictionary says in plain words what a registry lets be collected, for
// whoever has to decide about it: a data protection officer, a works council, an
// administrator. [New] makes a [Dictionary], which prints itself as Markdown, as
// one self-contained page of HTML, and as CSV. [Diff] says what a newer registry
// changes, and which of that people must be asked about again.
//
// It promises to name every field, with all that the registry says of it, and to
// add nothing that the registry, the treatments and the store do not hold. The
// same registry gives the same bytes, in whatever order its files were given and
// on whatever day. It writes, and does no other I/O.
package dictionary
