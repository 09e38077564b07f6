package simnet

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// maxBuffer is what a side can write before somebody has to take it, in bytes:
// about what systems keep for a socket, and generous, because who waits for room
// while holding a lock stops the bubble's time.
const maxBuffer = 4 << 20

// buffer is what was written and not read, in one place of one direction.
type buffer struct {
	mu      sync.Mutex
	data    []byte
	end     error         // what comes after the data; nil: more may come
	shut    error         // what a writer gets; nil: it may write
	changed chan struct{} // closed at a change that somebody waits for
	awaited bool          // somebody does
	reads   time.Time     // deadline of reads
	writes  time.Time     // deadline of writes
}

func newBuffer() *buffer { return &buffer{changed: make(chan struct{})} }

// change lets everybody look again. Call with mu held.
func (b *buffer) change() {
	if !b.awaited {
		return
	}
	b.awaited = false
	close(b.changed)
	b.changed = make(chan struct{})
}

// read takes what is there, or waits for it.
func (b *buffer) read(p []byte) (int, error) {
	for {
		b.mu.Lock()
		if len(b.data) > 0 {
			n := copy(p, b.data)
			b.data = b.data[n:]
			b.change()
			b.mu.Unlock()
			return n, nil
		}
		end, deadline, changed := b.end, b.reads, b.changed
		b.awaited = true
		b.mu.Unlock()
		if end != nil {
			return 0, end
		}
		if !await(changed, deadline) {
			return 0, os.ErrDeadlineExceeded
		}
	}
}

// write adds what there is room for, and waits for more room.
func (b *buffer) write(p []byte) (n int, err error) {
	for {
		b.mu.Lock()
		if b.shut != nil {
			b.mu.Unlock()
			return n, b.shut
		}
		if room := min(maxBuffer-len(b.data), len(p)-n); room > 0 {
			b.data = append(b.data, p[n:n+room]...)
			n += room
			b.change()
		}
		deadline, changed := b.writes, b.changed
		b.awaited = b.awaited || n < len(p)
		b.mu.Unlock()
		if n == len(p) {
			return n, nil
		}
		if !await(changed, deadline) {
			return n, os.ErrDeadlineExceeded
		}
	}
}

// finish lets no more be written; what is there can be read, and then end.
func (b *buffer) finish(shut, end error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.shut == nil {
		b.shut = shut
	}
	if b.end == nil {
		b.end = end
	}
	b.change()
}

// drop is finish, and what is there is gone.
func (b *buffer) drop(shut, end error) {
	b.finish(shut, end)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.data = nil
}

func (b *buffer) setReads(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads = t
	b.change()
}

func (b *buffer) setWrites(t time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.writes = t
	b.change()
}

// await waits for a change; false when the deadline comes first.
func await(changed <-chan struct{}, deadline time.Time) bool {
	if deadline.IsZero() {
		<-changed
		return true
	}
	return !sleep(changed, time.Until(deadline))
}

// end is what one side of a connection holds.
type end struct {
	in, out       *buffer
	local, remote net.Addr
	drops         atomic.Bool // what is unsent, when it is closed
	held          func() bool // whether the link is so slow that anything is unsent
}

var _ net.Conn = (*end)(nil)

// Read implements [net.Conn].
func (e *end) Read(p []byte) (int, error) { return e.in.read(p) }

// Write implements [net.Conn].
func (e *end) Write(p []byte) (int, error) { return e.out.write(p) }

// Close implements [net.Conn]. What was written still arrives, unless SetLinger
// was told otherwise.
func (e *end) Close() error {
	e.in.drop(net.ErrClosed, net.ErrClosed)
	if e.drops.Load() && e.held() {
		e.out.drop(net.ErrClosed, io.EOF)
	} else {
		e.out.finish(net.ErrClosed, io.EOF)
	}
	return nil
}

// SetLinger does what a [net.TCPConn] does: with 0, what has not left when it is
// closed never leaves.
func (e *end) SetLinger(seconds int) error {
	e.drops.Store(seconds == 0)
	return nil
}

// LocalAddr implements [net.Conn].
func (e *end) LocalAddr() net.Addr { return e.local }

// RemoteAddr implements [net.Conn].
func (e *end) RemoteAddr() net.Addr { return e.remote }

// SetDeadline implements [net.Conn].
func (e *end) SetDeadline(t time.Time) error {
	e.in.setReads(t)
	e.out.setWrites(t)
	return nil
}

// SetReadDeadline implements [net.Conn].
func (e *end) SetReadDeadline(t time.Time) error {
	e.in.setReads(t)
	return nil
}

// SetWriteDeadline implements [net.Conn].
func (e *end) SetWriteDeadline(t time.Time) error {
	e.out.setWrites(t)
	return nil
}
