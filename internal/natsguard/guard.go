// Package natsguard keeps a NATS server from ending the process of who dials
// it. The client library believes the length that a server writes before a
// message: one line with a length that cannot be makes it panic, or take all
// the memory there is. An agent does not trust its relay that far, nor a relay
// the next one.
//
// A guarded connection looks at what it reads before the library does: it
// follows the lines of the protocol, skips the messages between them, and
// refuses with [ErrProtocol] what no server of ours sends. It holds one line,
// 32 KiB at most, and changes nothing.
package natsguard

import (
	"bytes"
	"errors"
	"net"
	"strconv"
)

// Bounds of what a server may send, in bytes.
const (
	maxMessage = 1 << 20  // with its headers; our servers' max_payload
	maxLine    = 32 << 10 // the greeting is the longest
)

// ErrProtocol says that the other side sent what a relay never does. Hang up.
var ErrProtocol = errors.New("the other side does not speak as a relay does")

// Conn is a connection to a NATS server. Its Read is for one goroutine, as the
// library's.
type Conn struct {
	net.Conn
	line    []byte // begun and not ended
	skip    int    // bytes of a message that are still to come
	ending  string // what must follow it
	refused bool
}

// New guards a connection.
func New(c net.Conn) *Conn { return &Conn{Conn: c} }

// Read implements [net.Conn]. After [ErrProtocol] it returns nothing else.
func (c *Conn) Read(b []byte) (int, error) {
	if c.refused {
		return 0, ErrProtocol
	}
	n, err := c.Conn.Read(b)
	if !c.follow(b[:n]) {
		c.refused = true
		return 0, ErrProtocol
	}
	return n, err
}

// follow says whether what was read is as it should be so far.
func (c *Conn) follow(b []byte) bool {
	for len(b) > 0 {
		if c.skip > 0 {
			n := min(c.skip, len(b))
			c.skip, b = c.skip-n, b[n:]
			continue
		}
		if c.ending != "" { // the library would read on with something else
			if b[0] != c.ending[0] {
				return false
			}
			c.ending, b = c.ending[1:], b[1:]
			continue
		}
		part, rest, whole := bytes.Cut(b, []byte{'\n'})
		b = rest
		if len(c.line)+len(part) > maxLine {
			return false
		}
		c.line = append(c.line, part...)
		if !whole {
			return true
		}
		if !c.endOfLine() {
			return false
		}
	}
	return true
}

// endOfLine takes a line, and how long the message is that follows it.
func (c *Conn) endOfLine() bool {
	line := bytes.TrimSuffix(c.line, []byte{'\r'})
	c.line = c.line[:0]
	if cap(c.line) > 1<<10 {
		c.line = nil // an idle connection keeps no greeting
	}
	if bytes.IndexByte(line, '\r') >= 0 {
		return false // the library reads such a line otherwise than it looks
	}
	words := bytes.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) == 0 || !bytes.EqualFold(words[0], []byte("MSG")) && !bytes.EqualFold(words[0], []byte("HMSG")) {
		return true
	}
	n, err := strconv.ParseUint(string(words[len(words)-1]), 10, 64)
	if err != nil || n > maxMessage {
		return false
	}
	c.skip, c.ending = int(n), "\r\n"
	return true
}
