// Package schema holds the words that every part of Tacit shares: a record and
// its value, the categories, levels and programmes it may belong to, and the
// days and months it is filed under.
//
// It promises to do no input or output and to import nothing of the module.
// Everything that is a form, on disk or on the wire, lives below it: the
// registry (what may be collected), the codec (bytes of fragments and pages)
// and the wire (what crosses NATS).
package schema
