package rig

import (
	"bytes"
	"strconv"
	"strings"
)

// longestLine is more than any line of the NATS protocol that a client sends.
const longestLine = 64 << 10

// natsReader reads what a client sends in the NATS protocol, in pieces as they
// come, and tells each message that is published. What is not that protocol,
// TLS for one, it leaves alone from the first byte that shows it.
//
// Source: docs.nats.io/reference/reference-protocols/nats-protocol.
type natsReader struct {
	published func(subject string)

	line []byte // begun and not ended
	skip int    // bytes of a payload that still come
	lost bool   // it is something else
}

// read takes the next piece.
func (r *natsReader) read(b []byte) {
	for len(b) > 0 && !r.lost {
		if r.skip > 0 {
			n := min(r.skip, len(b))
			r.skip, b = r.skip-n, b[n:]
			continue
		}
		piece, rest, ended := bytes.Cut(b, []byte("\n"))
		r.line = append(r.line, piece...)
		switch {
		case len(r.line) > longestLine || !r.mayBegin():
			r.lost = true
		case ended:
			r.take(strings.Fields(string(r.line)))
			r.line = r.line[:0]
		}
		b = rest
	}
}

// mayBegin says whether the line may be one of a client: each begins with a
// letter.
func (r *natsReader) mayBegin() bool {
	if len(r.line) == 0 {
		return false
	}
	c := r.line[0] | 0x20
	return 'a' <= c && c <= 'z'
}

// take takes a line: PUB subject [reply] size, or HPUB with the size of the
// headers before that of all. The payload and an end of line follow.
func (r *natsReader) take(words []string) {
	switch strings.ToUpper(words[0]) {
	case "CONNECT", "PING", "PONG", "SUB", "UNSUB":
	case "PUB", "HPUB":
		n, err := strconv.Atoi(words[len(words)-1])
		if len(words) < 3 || err != nil || n < 0 {
			r.lost = true
			return
		}
		r.skip = n + len("\r\n")
		r.published(words[1])
	default:
		r.lost = true
	}
}
