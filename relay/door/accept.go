package door

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
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
	if !d.guests.enter(raw) {
		return
	}
	client, err := d.handshake(raw)
	if err != nil {
		d.counts.handshake.Add(1)
		return
	}
	inside, err := d.srv.InProcessConn()
	if err != nil {
		return // the server is stopping
	}
	defer inside.Close() //nolint:errcheck // a pipe
	greeting := bufio.NewReaderSize(inside, copyBuffer)
	info, number, err := readInfo(inside, greeting)
	if err != nil {
		return
	}
	id = number
	d.guests.number(id)
	d.counts.accepted.Add(1)
	if err := write(client, info); err == nil {
		both(client, inside, greeting)
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

// readInfo reads the server's greeting, which says under which number it knows
// the connection.
func readInfo(inside net.Conn, r *bufio.Reader) (line []byte, number uint64, err error) {
	if err := inside.SetReadDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, 0, err
	}
	line, err = r.ReadSlice('\n')
	if err != nil || len(line) < 5 {
		return nil, 0, fmt.Errorf("read the server's greeting: %w", err)
	}
	var info struct {
		ID uint64 `json:"client_id"`
	}
	if err := json.Unmarshal(line[len("INFO "):], &info); err != nil || info.ID == 0 {
		return nil, 0, fmt.Errorf("read the server's greeting: no number in it: %w", err)
	}
	return line, info.ID, inside.SetReadDeadline(time.Time{})
}

// copyBuffer is the size of each direction's buffer; the server's greeting
// must fit.
const copyBuffer = 16 << 10

// both copies both ways and returns when both have ended, which each makes the
// other do.
func both(client, inside net.Conn, fromInside *bufio.Reader) {
	var wg sync.WaitGroup
	wg.Go(func() {
		defer inside.Close() //nolint:errcheck // a pipe
		pump(inside, client)
	})
	defer wg.Wait()
	defer client.Close() //nolint:errcheck // the other end sees it or is gone
	pump(client, fromInside)
}

type reader interface{ Read([]byte) (int, error) }

// pump copies until either side ends. Every write has a deadline, or a client
// that does not read would hold its connection for ever.
func pump(to net.Conn, from reader) {
	buf := make([]byte, copyBuffer)
	for {
		n, err := from.Read(buf)
		if n > 0 && write(to, buf[:n]) != nil || err != nil {
			return
		}
	}
}

func write(to net.Conn, b []byte) error {
	if err := to.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := to.Write(b)
	return err
}
