// Package relay assembles a relay: the hop that sees who sends and not what.
//
//	agents ─► door ─► gate ─► pool ─► forward ─► stream ─► store      an edge
//	agents ─► door ─► gate ─► pool ─► forward ─► next relay's door    a site
//	       ◄───────────────────────── forward ◄─ replies ◄─┘
//
// It promises that no address and no throw-away name reaches a disk or a log,
// and that an envelope leaves mixed with those of other connections as far as
// the configuration and the traffic allow; what leaves otherwise is counted as
// thin. It promises no delivery: all but the stream is memory, and an agent
// keeps what it sent until the store's own reply. On an orderly stop it first
// passes on what it had said was queued.
//
// A relay that keeps a site's policy promises that a refusal holds here before
// it is told to anybody: the gate refuses, what lies in the pool is dropped,
// and then agents hear of it. Only what the next hop is taking at that moment
// may still arrive. What a user ordered himself, an erasure, passes.
//
// Full or down: a full pool, or a full stream, a full disk or no next relay
// behind it, makes the gate answer `later`; a stream whose files are damaged or
// gone is begun anew, at the start and while the relay runs, and never keeps it
// from starting; only a directory that cannot be used does; more connections than MaxConns are closed at once; a policy that
// cannot be read holds.
package relay
