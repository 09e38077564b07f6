// Package pages keeps sealed pages and gives them back by tag. What it holds
// opens only with an installation ID, which never comes here: who asks derives
// tags from it, and opens what comes back, in a process of their own.
//
//	row key   = HMAC-SHA256(IX(month), tag)[:16] | batch ID     in the month of the day
//	row value = nonce 24 | XChaCha20-Poly1305(WR(month), aad row key, u32 day | witness 16 | build 28 | sealed page)
//
// A tag may hold several pages, so a number that a restored host uses again
// overwrites nothing. Nothing about the tags that are asked for is logged or
// counted.
//
// The question and the answer have one form each, for a socket:
//
//	question = version 1 | count 2 | (day 4 | tag 16), count times, at most [MaxAsks]
//	answer   = frames: kind 1 | u32 value | u32 length | bytes
//	           row:    value is the index of the tag, bytes are a page as package page marshals it
//	           unread: value is a month whose rows could not be read, no bytes
//	           end:    value is the number of frames before; without it the answer is cut off
//
// It also erases, for who shows the right to ([Eraser]), and remembers it in a
// ledger beside the store's secrets ([Ledger]), as tombstones that name nothing:
// first the tombstones are synced, then the rows go, and the rows that know their
// batches. So neither a crash in between, nor a late replay of an envelope, nor an
// older copy or backup of the data brings anything back. Rows that could not be
// taken away, of a month that cannot be read whole, are shown to nobody and go
// into no backup; each start tries them again. An erasure shows whoever
// runs the store, at that moment, which tags belonged together. The ledger's file
// shows until the end of the day which tombstones came together; then it is written
// anew, sorted ([Ledger.Settle]), and tells nothing. Who copies it each day sees what
// each day has added.
//
// A ledger needs 16 bytes of disk and memory a tombstone, until its month is
// forgotten, and at most 256 MiB. Orders name pages that are not there as well:
// those that may be on their way, and any that a stranger makes up. When half of
// the ledger is full, these get no tombstones any more. What holds then: pages
// that are there are erased all the same, and never come back; a page that is not
// there is kept if it comes, and the order's answer says so ([Outcome]). From the
// brokers it comes within three days, and the order, given again then, erases it;
// later only from somebody who kept its envelope, as long as its day is taken. To
// fill the other half one has to send a page for every tombstone; then nothing
// more is erased, and nothing is lost.
//
// It holds one row in memory at a time. When a month is damaged, the other
// months' rows come all the same and the month is named.
package pages
