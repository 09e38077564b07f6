// Command freetext measures what `tacit scrub` does to free text: how much of
// what tells who it takes, and how much of what tells what it keeps. It runs the
// built binary as a process, on lines whose parts are marked, and shares no code
// with it.
//
//	go run ./integration/freetext [-tacit BINARY] [-mb N] [-write FILE] [DIR]
//
// It prints a table for the marked lines in DIR and one for a set of this
// repository's own (testdata), which nobody who works on the scrubber looks at.
// Where DIR is absent it says so and leaves the first table out. It fails when
// DIR misses what it must reach. The second set and the throughput are reported
// and never fail it: the first is there to show rules that only fit DIR, and
// machines are shared and noisy.
//
// # Data
//
// Every file *.jsonl below DIR, one line of text a line. What a line is shows in
// its fields: with a "template" it is a log line and "vars" are its variable
// parts; with "spans" it is a case and "spans" are what must go; without either
// it is clean and all of it should stay. Files whose name ends in -stack hold
// stack frames, clean files whose name begins with go_ hold error strings.
// Offsets count code points.
//
// # What survives
//
// A line that went in and the line that came out are cut into runs of letters,
// runs of digits, and labels such as <ip>, and laid side by side at the least
// cost: a label stands for any number of neighbouring runs, a run that is gone
// without a label or that came from nowhere costs. Where a run could have come
// from a value or from the text around it, it came from the value. So a user
// named "test" is told from the word "test" by where it stands. As a second
// look, a telling part that the output holds more often than the text around all
// values did has survived as well, in whatever case.
//
// # Leaks
//
// A value is cut at everything that is neither letter nor digit. Some of its
// parts tell:
//
//   - of a user, a person's name, a secret: each part of three characters or more
//   - of an e-mail address and a host: the same, but not what every address has
//     (com, www, dsl), unless it stands before the @; not a number under 1000
//   - of a URL, a path, an ID: nor words that the constant text of the same data
//     uses. What follows the directory of all homes tells in any case. Letters
//     alone that three IDs share (blk_17, blk_23) name their kind, and tell nothing
//   - of an address of a network or a machine, a card, an account, a phone: four
//     characters, or three with a letter; and any two neighbouring parts
//   - of a host and a URL: two neighbouring numbers, too
//
// A value leaks when one of these survives, or half of one that would tell by
// itself. A value without a telling part leaks when it survives whole. Left out
// are users and IDs that any system has: root, user, ftp, www, ssh2, 0x0. On the
// development data that leaves 10,846 values, 611 of them users, as in the study.
//
// # Words
//
// A word is a run of letters and digits that begins with a letter. Constant words
// are those of a log line outside its variable parts: the share of all, the mean
// of the systems' shares, the mean of the templates' shares. The study's "run" of
// a clean line is such a word, too. Of stack frames only words without digits
// count, and in a path that holds a user's name only the base name after it: the
// directories below a home are its owner's. Those of a system count, since they
// name a library and no one; a second row leaves out all directories.
package main
