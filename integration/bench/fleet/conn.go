package fleet

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"
)

// conn speaks the client's side of the NATS protocol.
//
// Source: docs.nats.io/reference/reference-protocols/nats-protocol.
type conn struct {
	net.Conn
	lines *bufio.Reader

	mu sync.Mutex // one writes at a time
}

// dialTimeout bounds connecting and the handshake. A relay that is being
// flooded takes a while.
const dialTimeout = 30 * time.Second

// address returns the address of a connection's end: each has its own.
func address(number int) *net.TCPAddr {
	return &net.TCPAddr{IP: net.IPv4(127, 1, byte(number/250), byte(1+number%250))}
}

// dial connects. The connection ends TLS before it speaks NATS, as agents do.
func (o Order) dial(number int) (*conn, error) {
	d := net.Dialer{Timeout: dialTimeout, LocalAddr: address(number)}
	raw, err := d.Dial("tcp", o.Relay)
	if err != nil {
		return nil, err
	}
	if o.Fingerprint != "" {
		secure := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, VerifyPeerCertificate: o.verify})
		if err := secure.Handshake(); err != nil {
			_ = raw.Close()
			return nil, err
		}
		raw = secure
	}
	return &conn{Conn: raw, lines: bufio.NewReaderSize(raw, 1<<10)}, nil
}

// verify takes the very certificate that the order names, and no other.
func (o Order) verify(chain [][]byte, _ [][]*x509.Certificate) error {
	digest := sha256.Sum256(chain[0])
	if !strings.EqualFold(hex.EncodeToString(digest[:]), strings.ReplaceAll(o.Fingerprint, ":", "")) {
		return errors.New("the relay shows another certificate")
	}
	return nil
}

func (c *conn) send(text string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, err := io.WriteString(c.Conn, text)
	return err
}

// line returns the next line, without its end.
func (c *conn) line() (string, error) {
	s, err := c.lines.ReadString('\n')
	return strings.TrimRight(s, "\r\n"), err
}

// awaitPong reads until the server answers a ping: it has let us in then.
func (c *conn) awaitPong() error {
	for {
		s, err := c.line()
		switch {
		case err != nil:
			return err
		case s == "PONG":
			return nil
		case strings.HasPrefix(s, "-ERR"):
			return errors.New(s)
		}
	}
}

// next returns the next message, and answers pings until then.
func (c *conn) next() (subject string, data []byte, err error) {
	for {
		s, err := c.line()
		if err != nil {
			return "", nil, err
		}
		words := strings.Fields(s)
		switch {
		case s == "PING":
			if err := c.send("PONG\r\n"); err != nil {
				return "", nil, err
			}
		case strings.HasPrefix(s, "-ERR"):
			return "", nil, errors.New(s)
		case len(words) >= 4 && words[0] == "MSG":
			data, err := c.payload(words[len(words)-1])
			return words[1], data, err
		}
	}
}

// payload reads what follows the line of a message.
func (c *conn) payload(size string) ([]byte, error) {
	n, err := strconv.Atoi(size)
	if err != nil || n < 0 || n > 1<<20 {
		return nil, fmt.Errorf("a message of size %q", size)
	}
	b := make([]byte, n+len("\r\n"))
	_, err = io.ReadFull(c.lines, b)
	return b[:n], err
}
