// Package follow reads the logs of products that the registry names: files, and
// units of the journal. Whoever runs it does so only while this host gives level
// enhanced and takes part; when that ends, so does [Run], and what was gathered
// and not taken by then is dropped. At level standard nothing of it runs.
//
// It reads from now on, never the past: a file that is there is read from its end,
// one that comes later from its beginning. No position is kept on disk. What was
// written while the agent was away is not read, so that a restart counts nothing
// twice, and nothing on disk tells what was read.
//
// A line that matches a registered template becomes that record. Any other is
// scrubbed, whole, before anything is done with it; then the time and the process
// that it begins with go. Equal records of one window become one, with their number
// and the minute of the first, and so do scrubbed lines of which more than four
// differ in numbers alone; only these go on. Each line of a stack is a line. A file
// does not say which version wrote it: records have the version that the product
// told last in another way, which a product that was just renewed may not have done
// yet, or "unknown".
//
// What happens to files:
//
//   - Renamed or deleted: it is read on, until nothing came for 10 s, one minute at
//     most. What comes to its name is another file.
//   - Truncated or written anew (copytruncate): it is read from its beginning. The
//     64 bytes before the place where reading goes on are compared each time, so
//     that this is noticed when it has grown again, too. What was written between
//     the last look and the truncation is lost; rotate by renaming to lose
//     nothing. Two renames within one look, of a second, lose what stood in
//     between.
//   - Not readable: said once, tried again at each look, and read from its end.
//   - Links are followed within the directory that the pattern begins in, and not
//     out of it. What is no regular file is left alone.
//   - A last line without its line feed is taken when that comes: half of a value
//     might not be recognised.
//
// A unit is read through journalctl, as a process of its own that starts again
// with longer and longer pauses; what is written meanwhile is lost.
//
// Everything is bounded: 2,000 lines and 512 KiB a second of a log, twice that of
// all, 200 kinds of lines and 128 KiB of them a window of a log, 64 files of a
// pattern. Lines beyond, lines of more than 8 KiB and such with a NUL are
// counted, where they stand, as what they are, and go nowhere. What more than 16 MiB
// between two looks holds is jumped over, and counts as one line. When the spool
// does not take records, because it is full or logs have their share of it, the
// window goes on: kinds that are there count on, lines of others are left out and
// counted.
package follow
