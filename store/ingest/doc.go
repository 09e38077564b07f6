// Package ingest takes crates of envelopes from JetStream, opens and judges
// each envelope alone, commits what is to be kept, and only then replies.
//
//	crate → envelopes → open → judge → group → commit → replies → acknowledge the crate
//
// Judged is: the form, the partition against the inside, the day against the
// window, fragments against the registry of their release (one unknown field
// refuses the whole fragment, and is counted by why), the batch ID against what is
// known, pages against what was erased. Grants, notes and
// questions for notes go to the daybook, one by one; what it cannot do now has no
// answer.
//
// It promises that a reply "stored" is sent only when the batch, the row that
// names it and its manifest entries are synced, and that a batch counts once
// however often it comes. A crate is acknowledged when all that it holds is
// answered or can have no answer now: hosts keep what was not answered, and send it
// again. A crate or envelope that cannot be opened has no authentic answer: it is
// counted by reason and let go.
//
// While the day is in doubt (package calendar) a batch is taken on any of the days
// that today may be, refused as too old only when it is on all of them, and what
// is dated later than all of them has no answer: its host keeps it and sends it
// again. It is counted as "clock".
//
// A batch that is told to come under another name and day, "redate", is
// remembered by its ID in the month of its day, with a value of its own in the
// row that would name it, synced before the reply: an earlier attempt of it, held
// up on its way until that day lies in the window, is answered "redate" again and
// not stored, or it would count twice. That costs a short row in a month of the
// next five, and nothing for a later day: no key that there is opens then, and a
// batch is not taken that is sealed to a key whose time is over on its day.
//
// When the store is full, the crates concerned come again after [busyDelay] and
// nothing of them is answered. What belongs to a half of a month that is damaged
// has no answer, and its crate is acknowledged all the same: crates that come again
// and again would fill what may be unacknowledged, and then nothing would be
// delivered any more. So the rest goes on. When NATS or the stream is away it waits and tries again. Memory is bounded
// by what is pulled ahead: [pullBytes] and one group.
//
// Nothing is logged or counted that belongs to one envelope: no batch ID, tag,
// attempt, payload or time.
package ingest

import "time"

const (
	minGroup     = 64                     // envelopes that make a group without waiting longer
	maxCrates    = minGroup               // crates in a group, however empty they are
	pullCount    = 256                    // crates pulled ahead
	pullBytes    = 8 << 20                // bytes pulled ahead
	pullBeat     = 5 * time.Second        // of the stream; two missed: it is looked for anew
	busyDelay    = 5 * time.Second        // until a crate that could not be committed comes again
	retryDelay   = time.Second            // between tries to find the consumer
	windowDays   = 90                     // the send window is this or the retention, whichever is less
	defaultWait  = time.Second            // Config.GroupWait
	lastGroup    = 10 * time.Second       // what the group in hand may take when Run is told to end
	handBackTime = 200 * time.Millisecond // for crates pulled ahead to be handed back, each
)
