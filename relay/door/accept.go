package door

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/tacit-telemetry/tacit/internal/certificate"
)

// Bounds of the pause after the system could not accept, for want of file
// descriptors, say.
const (
	firstAcceptPause = 5 * time.Millisecond
	maxAcceptPause   = time.Second
)

// accept takes connections until the listener is closed.
func (d *Door) accept(l net.Listener) {
	pause := firstAcceptPause
	for {
		c, err := l.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			d.counts.accept.Add(1)
			d.cfg.Logger.Warn("a connection was not accepted")
			time.Sleep(pause)
			pause = min(2*pause, maxAcceptPause)
			continue
		}
		pause = firstAcceptPause
		select {
		case d.slots <- struct{}{}:
			d.wg.Go(func() {
				defer func() { <-d.slots }()
				d.serve(c)
			})
		default:
			d.counts.full.Add(1)
			d.refusals.warn("as many connections as may are here")
			_ = c.Close() // there is nothing to say to it
		}
	}
}

// serve copies between one outside connection and the server until either
// ends.
func (d *Door) serve(raw net.Conn) {
	var id uint64
	defer func() {
		_ = raw.Close() // ended already, as a rule
		d.guests.leave(raw, id)
	}()
	switch d.guests.enter(raw) {
	case enteredClosed:
		return
	case enteredHalfOpen:
		d.counts.halfOpen.Add(1)
		d.refusals.warn("too many connections of one network that have not greeted yet")
		return
	}
	client, err := d.handshake(raw)
	if err != nil {
		d.counts.handshake.Add(1)
		d.refusals.warn(certificate.Reason(err))
		return
	}
	inside, err := d.srv.InProcessConn()
	if err != nil {
		return // the server is stopping
	}
	defer inside.Close() //nolint:errcheck // a pipe
	if id, err = d.greet(raw, client, inside); err == nil {
		both(client, inside)
	}
}

// handshake ends TLS, when there is any.
func (d *Door) handshake(raw net.Conn) (net.Conn, error) {
	if d.cfg.TLS == nil {
		return raw, nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), handshakeTimeout)
	defer cancel()
	c := tls.Server(raw, d.cfg.TLS)
	return c, c.HandshakeContext(ctx)
}

// greet passes the server's greeting on. It says under which number the
// server knows the connection.
func (d *Door) greet(raw, client, inside net.Conn) (number uint64, err error) {
	buf := largeBuffers.Get().(*[largeBuffer]byte)
	defer largeBuffers.Put(buf)
	info, number, err := readInfo(inside, buf[:])
	if err != nil {
		return 0, err
	}
	d.guests.number(raw, number)
	d.counts.accepted.Add(1)
	return number, write(client, info)
}

// readInfo reads the server's greeting, which is one line, into buf.
func readInfo(inside net.Conn, buf []byte) (line []byte, number uint64, err error) {
	if err := inside.SetReadDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, 0, err
	}
	n := 0
	for n == 0 || buf[n-1] != '\n' {
		more, err := inside.Read(buf[n:])
		if err != nil {
			return nil, 0, fmt.Errorf("read the server's greeting: %w", err)
		}
		n += more
	}
	var info struct {
		ID uint64 `json:"client_id"`
	}
	text, ok := bytes.CutPrefix(buf[:n], []byte("INFO "))
	if err := json.Unmarshal(text, &info); !ok || err != nil || info.ID == 0 {
		return nil, 0, fmt.Errorf("read the server's greeting: no number in it: %w", err)
	}
	return buf[:n], info.ID, inside.SetReadDeadline(time.Time{})
}
