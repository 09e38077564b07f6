package attack

import (
	"bytes"
	"errors"
	"net"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// captureBuffer is what the kernel keeps for us between two reads, in bytes.
const captureBuffer = 64 << 20

// tap is a capture of all that crosses loopback.
type tap struct {
	fd      int
	end     chan struct{}
	done    chan error
	packets [][]byte // owned by the reading goroutine until done
}

// listen begins to capture.
func listen(t *testing.T) *tap {
	t.Helper()
	protocol := uint16(unix.ETH_P_ALL)<<8 | uint16(unix.ETH_P_ALL)>>8
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, int(protocol))
	if err != nil {
		t.Fatalf("capture loopback: %v: it needs CAP_NET_RAW in the network namespace", err)
	}
	// Only the system's root may have more than the system's bound; whoever
	// has less is told by the count of dropped packets.
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, captureBuffer); err != nil {
		_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, captureBuffer)
	}
	timeout := unix.Timeval{Usec: 50_000}
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		t.Fatal(err)
	}
	c := &tap{fd: fd, end: make(chan struct{}), done: make(chan error, 1)}
	go func() { c.done <- c.read() }()
	return c
}

// read reads until end is closed and nothing is left.
func (c *tap) read() error {
	buffer := make([]byte, 128<<10)
	for {
		n, from, err := unix.Recvfrom(c.fd, buffer, 0)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			select {
			case <-c.end:
				return nil
			default:
				continue
			}
		case err != nil:
			return err
		}
		// Every packet crosses loopback twice: as it leaves, and as it comes.
		if a, ok := from.(*unix.SockaddrLinklayer); ok && a.Pkttype != unix.PACKET_OUTGOING {
			c.packets = append(c.packets, slices.Clone(buffer[:n]))
		}
	}
}

// stop ends the capture and returns the bytes of every direction of every
// connection, in order, but of those who call from the addresses.
func (c *tap) stop(t *testing.T, but ...string) [][]byte {
	t.Helper()
	close(c.end)
	if err := <-c.done; err != nil {
		t.Fatalf("capture loopback: %v", err)
	}
	stats, err := unix.GetsockoptTpacketStats(c.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS)
	if err != nil || stats.Drops > 0 {
		t.Fatalf("capture loopback: the kernel dropped packets (%+v, %v): raise net.core.rmem_max", stats, err)
	}
	if err := unix.Close(c.fd); err != nil {
		t.Fatal(err)
	}
	return reassemble(slices.DeleteFunc(c.packets, func(p []byte) bool {
		ends, _ := network(p)
		return len(ends) == 8 && (slices.Contains(but, net.IP(ends[:4]).String()) || slices.Contains(but, net.IP(ends[4:]).String()))
	}))
}

// converse sends a secret over loopback, in two halves, so that it must be
// seen on the wire.
func converse(t *testing.T) identifier {
	t.Helper()
	canary := identifier{class: "canary", place: "a connection of the test's own", text: "canary-88041763-on-the-wire"}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	peer, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer peer.Close()
	for _, half := range []string{canary.text[:10], canary.text[10:]} {
		if _, err := c.Write([]byte(half)); err != nil {
			t.Fatal(err)
		}
		if err := peer.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := peer.Read(make([]byte, 64)); err != nil {
			t.Fatal(err)
		}
	}
	return canary
}

// wireIsSeen checks that the capture has what the agent puts, and that a secret
// on the wire would be found.
func wireIsSeen(t *testing.T, streams [][]byte, canary identifier) {
	t.Helper()
	all := bytes.Join(streams, nil)
	if puts := bytes.Count(all, []byte("PUB tacit.put")); puts < 6 {
		t.Errorf("the wire carried %d envelopes; was all of it captured?", puts)
	}
	s, found := newSearcher([]identifier{canary}), 0
	for _, stream := range streams {
		found += len(s.find("the wire", stream))
	}
	if found == 0 {
		t.Error("a secret on the wire was not found")
	}
}
