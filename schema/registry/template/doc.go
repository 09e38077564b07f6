// Package template reads the lines that a product logs by the templates that
// its vendor registered, so that a line becomes the template's ID and a few
// bounded values, and nothing of the rest leaves a host.
//
// A template is a text with placeholders:
//
//	copied {files} files to {place} in {took} state={state}
//
// A placeholder has a [Slot]: listed words, a number that is put into a range,
// or a bounded form. One without is dropped, whatever stands there. {{ and }}
// are braces. What stands at the end in the form key={name} is a field: a line may
// have its fields in any order behind the message, with others, which are
// dropped, or lack them.
//
// A line is read in three forms. In {"msg":"...","key":...} and in
// msg="..." key=value, as Go's slog writes them, the message is msg. Any other
// line is the message, and may end in fields. What stands before the message is
// dropped: times, levels and severities, process numbers, places in the source,
// the name of a host or user@database where one of these must follow; at most 8 of
// them in 128 bytes; no other word, since with it a text that was filled in
// could pass for a message.
//
// Never more is said than the line says: a line that two templates explain is
// taken for neither, and a value that can be read from it in two ways is left
// out. [Overlap] finds such templates beforehand. A line of more than [MaxLine]
// bytes is not looked at; reading takes time and memory in proportion to the
// line.
package template
