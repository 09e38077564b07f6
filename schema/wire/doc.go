// Package wire holds the forms of everything that crosses NATS: the subjects,
// the outer form of an envelope, the relay's hint, the store's reply, the
// crate that carries many envelopes, the list of the store's keys, and the
// site's policy.
//
// All numbers are big-endian. Every parser is strict: it takes exactly the
// form below, copies nothing that is longer than the form allows, and answers
// anything else with an error that wraps [ErrForm] and never repeats the bytes
// it was given. There is no I/O here and no key: sealing and signing live in
// anon/envelope.
//
//	envelope  version 1 | key id 4 | partition 1 | class 1 | attempt 16 | enc 32 | commit 32 | body
//	          body is 1, 4, 16 or 64 KiB and the 16 bytes of its seal
//	hint      version 1 | code 1 | seconds 4
//	reply     256 bytes, sealed; on tacit.reply: attempt 16 | reply 256, once or more
//	crate     version 1 | count 2 | (length 4 | envelope), count times
//	key list  version 1 | suite 1 | list version 8 | count 2 |
//	          (key id 4 | start day 4 | public key 32), count times |
//	          Ed25519 signature 64 of "tacit/v1/keylist" and all before it
//	policy    version 1 | revision 8 | since 8, Unix seconds | decided 1 | ceip 1 | csp 1 |
//	          level 1 | registry release 4; a programme is held 0, on 1 or off 2
package wire

import "errors"

// ErrForm is wrapped by every parser's error: the bytes do not have the form.
// Drop them; sending the same bytes again cannot help.
var ErrForm = errors.New("wrong form")

// Version is the first byte of every form in this package.
const Version = 1
