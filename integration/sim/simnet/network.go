package simnet

import (
	"context"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"
)

// Condition is how a link is. The zero Condition is a perfect one.
type Condition struct {
	Refuse bool          // dials are refused at once: nothing runs there
	Stall  bool          // nothing comes through, and dials hang; what was written arrives when it ends
	Vanish bool          // what is written is gone, and the connection stays, on both sides, for ever
	Delay  time.Duration // each way, up to twice as much at random
	Rate   int           // bytes a second, each way; 0: as fast as may be
}

// Network is a set of links and of addresses that somebody listens on.
type Network struct {
	mu        sync.Mutex
	random    *rand.Rand
	listeners map[string]*listener
	links     map[string]*Link
	watch     Watch
}

// Watch sees what a link carries before it arrives: up is from who dialled. When
// it returns true the bytes are lost, and with them the connection, although
// both sides believe in it.
type Watch func(link string, up bool, b []byte) (lose bool)

// Watch sets who watches; before the first dial.
func (n *Network) Watch(w Watch) { n.watch = w }

// New returns a network without links. The seed decides its delays.
func New(seed uint64) *Network {
	return &Network{
		random:    rand.New(rand.NewPCG(seed, 1)),
		listeners: map[string]*listener{}, links: map[string]*Link{},
		watch: func(string, bool, []byte) bool { return false },
	}
}

// Link is the way of one host to one address.
type Link struct {
	net  *Network
	name string
	to   string
	from net.Addr

	mu        sync.Mutex
	eager     bool
	condition Condition
	changed   chan struct{} // closed when the condition changes
	conns     map[*wire]bool
}

// Link returns the link of that name, making it when it is new; to is the
// address that it leads to.
func (n *Network) Link(name, to string) *Link {
	n.mu.Lock()
	defer n.mu.Unlock()
	if l, ok := n.links[name]; ok {
		return l
	}
	i := len(n.links) + 1
	ip := netip.AddrFrom4([4]byte{10, byte(i >> 8), byte(i), 1}) // each in a network of its own
	l := &Link{
		net: n, name: name, to: to, from: net.TCPAddrFromAddrPort(netip.AddrPortFrom(ip, 40000)),
		changed: make(chan struct{}), conns: map[*wire]bool{},
	}
	n.links[name] = l
	return l
}

// Set changes the link's condition, also for connections that are up.
func (l *Link) Set(c Condition) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.condition = c
	close(l.changed)
	l.changed = make(chan struct{})
}

// Eager makes dials of the link succeed or fail at once, and lets the greeting
// pass without delay, whatever the condition. It is for a client library that
// holds a lock while it connects again, on which others wait: in a bubble that
// would stop the time that it waits for.
func (l *Link) Eager() *Link {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.eager = true
	return l
}

func (l *Link) isEager() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.eager
}

// Cut ends every connection of the link; both sides notice.
func (l *Link) Cut() {
	l.mu.Lock()
	conns := l.conns
	l.conns = map[*wire]bool{}
	l.mu.Unlock()
	for w := range conns {
		w.cut()
	}
}

func (l *Link) now() (Condition, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.condition, l.changed
}

func (l *Link) forget(w *wire) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, w)
}

func (n *Network) dial(ctx context.Context, network, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	l := n.links[host]
	n.mu.Unlock()
	if l == nil {
		return nil, refused(network, address)
	}
	if c, _ := l.now(); l.isEager() {
		if c.Refuse || c.Stall || c.Vanish {
			return nil, refused(network, address)
		}
		return l.connect(ctx, network, address, 0)
	}
	for {
		c, changed := l.now()
		switch {
		case c.Refuse:
			return nil, refused(network, address)
		case c.Stall, c.Vanish:
			select {
			case <-changed:
				continue
			case <-ctx.Done():
				return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
			}
		}
		return l.connect(ctx, network, address, c.Delay)
	}
}

// connect meets whoever listens at the link's end.
func (l *Link) connect(ctx context.Context, network, address string, delay time.Duration) (net.Conn, error) {
	if !sleep(ctx.Done(), 2*l.jitter(delay)) {
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
	}
	l.net.mu.Lock()
	to := l.net.listeners[l.to]
	l.net.mu.Unlock()
	if to == nil {
		return nil, refused(network, address)
	}
	w := newWire(l, to.addr)
	w.greeting.Store(l.isEager())
	select {
	case to.backlog <- w.server:
	case <-to.closed:
		w.cut()
		return nil, refused(network, address)
	case <-ctx.Done():
		w.cut()
		return nil, &net.OpError{Op: "dial", Net: network, Err: os.ErrDeadlineExceeded}
	}
	l.mu.Lock()
	l.conns[w] = true
	l.mu.Unlock()
	w.start()
	return w.client, nil
}

// jitter returns a delay between d and twice that.
func (l *Link) jitter(d time.Duration) time.Duration {
	if d == 0 {
		return 0
	}
	l.net.mu.Lock()
	defer l.net.mu.Unlock()
	return d + time.Duration(l.net.random.Int64N(int64(d)))
}

func refused(network, address string) error {
	return &net.OpError{Op: "dial", Net: network, Addr: text(address), Err: syscall.ECONNREFUSED}
}

// text is an address that is no more than its text.
type text string

// Network implements [net.Addr].
func (text) Network() string { return "tcp" }

// String implements [net.Addr].
func (t text) String() string { return string(t) }

// Evict makes an address free: whoever listened there is gone without a word.
func (n *Network) Evict(address string) {
	n.mu.Lock()
	l := n.listeners[address]
	n.mu.Unlock()
	if l != nil {
		_ = l.Close()
	}
}

// Close ends all connections, also those that only one side believes in.
func (n *Network) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.links {
		l.Cut()
	}
}
