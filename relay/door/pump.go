package door

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// An idle connection waits with a small buffer in each direction, because
// there are many and nearly all are idle. What fills it is taken for a flow:
// then a large buffer is lent, until nothing has come for a moment.
const (
	smallBuffer = 512
	largeBuffer = 16 << 10
	flowPause   = 20 * time.Millisecond
)

var largeBuffers = sync.Pool{New: func() any { return new([largeBuffer]byte) }}

// both copies both ways and returns when both have ended, which each makes the
// other do.
func both(client, inside net.Conn) {
	var wg sync.WaitGroup
	wg.Go(func() {
		defer inside.Close() //nolint:errcheck // a pipe
		pump(inside, client)
	})
	defer wg.Wait()
	defer client.Close() //nolint:errcheck // the other end sees it or is gone
	pump(client, inside)
}

// pump copies until either side ends.
func pump(to, from net.Conn) {
	buf := make([]byte, smallBuffer)
	for {
		n, err := from.Read(buf)
		if n > 0 && write(to, buf[:n]) != nil || err != nil {
			return
		}
		if n == len(buf) && !flow(to, from) {
			return
		}
	}
}

// flow copies with a large buffer while data keeps coming. It returns false
// when either side has ended.
func flow(to, from net.Conn) bool {
	buf := largeBuffers.Get().(*[largeBuffer]byte)
	defer largeBuffers.Put(buf)
	for {
		if err := from.SetReadDeadline(time.Now().Add(flowPause)); err != nil {
			return false
		}
		n, err := from.Read(buf[:])
		if n > 0 && write(to, buf[:n]) != nil {
			return false
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return from.SetReadDeadline(time.Time{}) == nil
		}
		if err != nil {
			return false
		}
	}
}

// write has a deadline, or a client that does not read would hold its
// connection for ever.
func write(to net.Conn, b []byte) error {
	if err := to.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return err
	}
	_, err := to.Write(b)
	return err
}
