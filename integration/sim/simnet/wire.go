package simnet

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// chunk is what is carried at a time, in bytes.
const chunk = 32 << 10

// wire is one connection: what each side writes is carried to the other as the
// link's condition says.
type wire struct {
	link           *Link
	client, server *end
	over           sync.Once
	done           chan struct{} // closed when it was cut
	gone           sync.Once
	lost           chan struct{} // closed when a byte vanished: nothing after it can arrive
	greeting       atomic.Bool   // of an eager link: the connection is not greeted yet
	late           atomic.Int32  // directions in which something is under way for long
}

func newWire(l *Link, to net.Addr) *wire {
	w := &wire{link: l, done: make(chan struct{}), lost: make(chan struct{})}
	w.client = &end{in: newBuffer(), out: newBuffer(), local: l.from, remote: to, held: w.held}
	w.server = &end{in: newBuffer(), out: newBuffer(), local: to, remote: l.from, held: w.held}
	return w
}

// held says whether what is written now leaves later.
func (w *wire) held() bool {
	c, _ := w.link.now()
	return c.Stall || c.Rate > 0 || w.late.Load() > 0
}

// start carries both ways, until both sides have closed or the wire is cut. The
// bubble waits for it, and the network's Close ends it.
func (w *wire) start() {
	var both sync.WaitGroup
	both.Go(func() { w.carry(w.server, w.client, true) })
	both.Go(func() { w.carry(w.client, w.server, false) })
	go func() {
		both.Wait()
		w.link.forget(w)
	}()
}

// cut ends the connection on both sides at once.
func (w *wire) cut() {
	w.over.Do(func() { close(w.done) })
	for _, b := range []*buffer{w.client.in, w.client.out, w.server.in, w.server.out} {
		b.drop(syscall.ECONNRESET, syscall.ECONNRESET)
	}
}

// carry takes what one side writes to the other, and at last that it closed.
// When a byte is lost it reads on: that side believes in its connection.
func (w *wire) carry(to, from *end, up bool) {
	buf := make([]byte, chunk)
	for {
		n, err := from.out.read(buf)
		if n > 0 && w.link.net.watch(w.link.name, up, buf[:n]) {
			w.lose()
		}
		if !w.greeting.Load() && !w.pass(n) {
			if err != nil || isClosed(w.done) {
				return
			}
			continue // into the void
		}
		if err != nil {
			to.in.finish(syscall.EPIPE, io.EOF)
			to.out.finish(syscall.EPIPE, io.EOF)
			return
		}
		if !up && bytes.Contains(buf[:n], []byte("PONG")) {
			w.greeting.Store(false) // the server knows who it is
		}
		if _, err := to.in.write(buf[:n]); err != nil {
			from.out.drop(syscall.EPIPE, io.EOF)
			from.in.finish(syscall.EPIPE, io.EOF)
		}
	}
}

func (w *wire) lose() { w.gone.Do(func() { close(w.lost) }) }

// pass waits as long as the link needs for n bytes, or for the news of an end
// (0). False: they never arrive.
func (w *wire) pass(n int) bool {
	for {
		c, changed := w.link.now()
		if c.Vanish {
			w.lose()
		}
		switch {
		case isClosed(w.lost), isClosed(w.done):
			return false
		case c.Stall:
			select {
			case <-changed:
			case <-w.done:
			case <-w.lost:
			}
		default:
			d := w.link.jitter(c.Delay)
			if c.Rate > 0 {
				d += time.Duration(n) * time.Second / time.Duration(c.Rate)
			}
			return w.under(d)
		}
	}
}

// under waits for what is under way for d, also when the link is quick again
// meanwhile.
func (w *wire) under(d time.Duration) bool {
	if d >= time.Second {
		w.late.Add(1)
		defer w.late.Add(-1)
	}
	return sleep(w.done, d)
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// sleep waits; false when done came first.
func sleep(done <-chan struct{}, d time.Duration) bool {
	if d <= 0 {
		return !isClosed(done)
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-done:
		return false
	}
}
