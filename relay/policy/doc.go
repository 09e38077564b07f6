// Package policy keeps the site's decision: which programmes its hosts take
// part in, at which level, up to which release of the registry, and who decided
// that when. The gate obeys it, and agents are told.
//
// Dir/policy.log is the only place of it: a hash-chained log (see
// internal/durable), one entry a line. The last entry with settings is the
// policy; a second file could only disagree. Notes, such as that access to the
// console was restored, stand in the same history.
//
// The witness is a small file outside Dir: {revision, lines, head} of the log.
// A log that is behind its witness, or does not hold the line that the witness
// saw, was rolled back or changed, and then everything is held. A line is
// synced to the log first and to the witness after it, so what a crash leaves
// between the two is a log that is ahead, which is whole, and the witness
// follows. Save answers after both. Revisions only go up: one is at least the
// last and the witness's plus one, and Unix seconds where the clock was ever
// set, so that it stays above what agents heard even when both files are lost.
//
//	no log, no witness         the first start: the programmes' defaults, as an entry
//	a log without its witness  counts, and a note says that its witness was made anew
//	everything else that is not whole: held, with Trouble and Fix
//
// While it holds nothing of the site passes. Save, and Note, set a damaged log
// aside under another name, and begin a new one, which says so and holds; the
// settings that Save brings come after that. A default never comes back.
//
// What it cannot tell is an older log whose witness was put back with it, or
// taken away: agents notice, because the revision fell. A directory that moved,
// and a container that forgets everything else, have no witness and count all
// the same; keep the witness on a volume of its own.
//
// At the first start a witness that cannot be written is only a warning: no
// decision of anybody could be undone yet; later it is one as well, because a
// decision that a restored backup could undo is better than none.
//
// When the disk is full, Save fails and what was decided stays. A refusal that
// could not be written holds in this process all the same, and says so. The
// history takes notes up to 4 MiB, and decisions always: one beyond 12 MiB is
// set aside like a damaged one.
//
// Two processes may share Dir, the relay and a command beside it: whoever
// writes holds the lock "policy" and has read the log anew.
package policy
