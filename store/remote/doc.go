// Package remote is lookup over NATS: an engineer's process asks the stores
// through the vendor's edge, and opens itself what comes back. It has both ends,
// [Lookup] for the process that asks and [Service] for a store.
//
// It promises:
//
//   - The edge reads nothing. A question is an envelope of kind look, sealed to the
//     store's key out of the list that the vendor signed (package envelope); the
//     answer is sealed under a key that only the question's sender and the store
//     have. Both are padded. What the edge sees is who connects, when, and how many
//     messages of which size.
//   - The store lets in, not the edge. A question is signed with the engineer's key,
//     of which the store has the public half ([Engineers]); one who was removed is
//     refused at his next question.
//   - A lookup is in the audit log before anything is told: who, ticket, reason.
//     Where the row cannot be written there is no lookup. The engineer's process
//     says how it ended; when it goes away, the row is ended as failed after
//     [lookupLife], and when the store dies it stays without an outcome.
//   - No note, no pages, as on the store's socket.
//   - A question counts once. The first of a lookup carries the store's word, which
//     is new in every run of a store, every day and after [maxSeen] lookups, and its
//     nonce is remembered as long as the word lasts. The others carry the lookup's
//     word and a number that counts up. So what was recorded and is sent again is
//     refused, by a store that was started anew as well, and by no clock.
//   - The ID or code stays in the process that asks. The store is told tags.
//
// The forms, integers big-endian. On the subject tacit.look.<group>, an empty message
// is answered with the signed key list as it is. Everything else is an envelope of
// class 1, whose batch ID is the nonce, and whose payload is:
//
//	question = form 1 | what 1 | word 16 | number 4 | length 1 | engineer | body | signature 64
//	           signature = Ed25519("tacit/v1/look" | nonce | all before it)
//	bodies:    1 begin       ticket's length 1 | ticket | reason       word: the store's, number 0
//	           2 grant       tag of a grant 16
//	           3 note        a letter of package page
//	           4 pages       index 2, counted month by month | skip 4 | question of package pages
//	           5 population  offset 4
//	           6 end         1 found | 2 nothing | 3 partly | 4 failed
//	answer   = nonce 24 | XChaCha20-Poly1305(K, nonce, no aad,
//	           status 1 | length 4 | data | zeros to 1, 4, 16, 64, 256 or 768 KiB)
//	           K = HKDF-Expand-SHA256(K_reply, "tacit/v1/look", 32)
//	data, ok:  begin: the lookup's word; grant: a grant; pages: index 2 | skip 4 of what
//	           to ask for next | answer of package pages; population: length 4 |
//	           part of its JSON, gzip
//	statuses:  1 ok | 2 another word, data: the store's | 3 not let in | 4 not this
//	           lookup, or not again | 5 too many, data: u16 histories, u32 seconds |
//	           6 audit log | 7 refused, data: why | 8 none | 9 busy | 10 trouble
//
// An envelope that does not open is answered with an empty message: the asker's key
// list is old, or the clock by which he chose of it is wrong.
//
// When it is full: [waiting] questions wait for [workers]; more are dropped, and
// their askers told nothing, who give up after [patience]. [maxLookups] run at a
// time, [maxOwn] of one engineer, and audit.Hourly and audit.Daily bound how many
// he begins. An answer takes no more pages than a message holds, and says where to
// go on: a slow asker is asked for nothing, and holds nothing. When no store is
// there, the asker is told at once.
package remote

import (
	"errors"
	"time"
)

// Bounds of a service, and of the patience with one.
const (
	workers    = 2
	waiting    = 64
	maxLookups = 64
	maxOwn     = 4
	maxSeen    = 4096            // lookups under one word of the store
	wordLife   = 24 * time.Hour  // of the store's word
	lookupLife = 2 * time.Minute // without a question
	lookEvery  = 5 * time.Second // for lookups that are over
	questTime  = 9 * time.Second // for one answer; the edge lets it through within 10 s
	patience   = 15 * time.Second
)

// Errors of asking. Where a store says why, its words are wrapped with it.
var (
	// ErrAway says that no store of a group answers at the edge. Start it, or ask
	// whoever runs it.
	ErrAway = errors.New("no store answers at the edge")
	// ErrKey says that a store cannot open what is sealed by its own key list. Set
	// the clock of this machine.
	ErrKey = errors.New("the store does not open what is sealed to its key of today")
	// ErrKeyList says that the edge, or somebody in between, told no key list that
	// the vendor signed. Compare the vendor key in the credential.
	ErrKeyList = errors.New("the stores' key list is not signed by the vendor")
	// ErrRefused says that the store does not know this engineer, or not with this
	// key: he was removed, or has an older credential. Ask for a new one.
	ErrRefused = errors.New("the store does not let this engineer in")
	// ErrEnded says that the lookup is over, as the store sees it. Begin again.
	ErrEnded = errors.New("the store has ended this lookup, or was started anew")
	// ErrLimit says that the engineer has opened as many histories as he may.
	ErrLimit = errors.New("the limit is reached")
	// ErrAudit says that the store's audit log takes nothing: nothing was opened.
	ErrAudit = errors.New("the store's audit log takes no row, so nothing is opened")
	// ErrDenied says that the store refuses, and why.
	ErrDenied = errors.New("the store refuses")
	// ErrBusy says that too many lookups run, or too many of this engineer's.
	ErrBusy = errors.New("too many lookups run at once")
	// ErrTrouble says that the store could not do it. Its log says why.
	ErrTrouble = errors.New("the store could not do it")
	// ErrForm is wrapped by every parser's error: the bytes do not have the form.
	ErrForm = errors.New("wrong form")
)
