package simnet

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
)

// listener is an address that takes connections.
type listener struct {
	net     *Network
	at      string
	addr    net.Addr
	backlog chan net.Conn
	once    sync.Once
	closed  chan struct{}
}

func (n *Network) listen(network, address string) (net.Listener, error) {
	l := &listener{net: n, at: address, addr: text(address), backlog: make(chan net.Conn, 128), closed: make(chan struct{})}
	if at, err := netip.ParseAddrPort(address); err == nil {
		l.addr = net.TCPAddrFromAddrPort(at)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners[address] != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: os.NewSyscallError("bind", syscall.EADDRINUSE)}
	}
	n.listeners[address] = l
	return l, nil
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.backlog:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Err: net.ErrClosed}
	}
}

// Close implements [net.Listener].
func (l *listener) Close() error {
	l.once.Do(func() {
		close(l.closed)
		l.net.mu.Lock()
		delete(l.net.listeners, l.at)
		l.net.mu.Unlock()
		for {
			select {
			case c := <-l.backlog:
				_ = c.Close()
			default:
				return
			}
		}
	})
	return nil
}

// Addr implements [net.Listener].
func (l *listener) Addr() net.Addr { return l.addr }
