package rig

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Put is the subject that envelopes are published on.
const Put = "tacit.put"

// Proxy stands between two parts of Tacit, passes on what they send, and
// counts it. It can stop passing on, or cut the wire.
type Proxy struct {
	target   string
	from     *net.TCPAddr // nil: any address
	listener net.Listener
	pumps    sync.WaitGroup

	mu    sync.Mutex
	seen  Seen
	ends  map[net.Conn]bool // of connections that are up, both ends
	pause chan struct{}     // closed at the end of a pause; nil: none
	cut   bool
}

// Seen is what a proxy has counted.
type Seen struct {
	Connections int   // ever made
	Open        int   // up now
	Up, Down    int64 // bytes from those who connect, and to them
	LastUp      time.Time
	Published   map[string]Published // by subject, when NATS is spoken without TLS
}

// Published is what was published on one subject.
type Published struct {
	Count int
	Last  time.Time
}

// NewProxy listens on a free port of loopback and passes on to target, a host
// and port. With from, an address of loopback such as "127.0.7.1", the target
// sees connections come from there.
func NewProxy(t testing.TB, target, from string) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{target: target, listener: l, ends: map[net.Conn]bool{}, seen: Seen{Published: map[string]Published{}}}
	if from != "" {
		p.from = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	p.pumps.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.Cut()
		p.pumps.Wait()
	})
	return p
}

// Address returns host and port to connect to.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Seen returns what was counted so far.
func (p *Proxy) Seen() Seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.seen
	s.Open, s.Published = len(p.ends)/2, map[string]Published{}
	for subject, n := range p.seen.Published {
		s.Published[subject] = n
	}
	return s
}

// Puts returns how many envelopes passed, and when the last did.
func (p *Proxy) Puts() (n int, last time.Time) {
	put := p.Seen().Published[Put]
	return put.Count, put.Last
}

// Pause keeps everything back. The connections stay, as over a dead wire.
func (p *Proxy) Pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.pause == nil {
		p.pause = make(chan struct{})
	}
}

// Cut ends all connections and refuses new ones.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for end := range p.ends {
		_ = end.Close()
	}
	p.flow()
}

// Mend ends a pause or a cut.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
	p.flow()
}

// flow ends a pause. The caller holds mu.
func (p *Proxy) flow() {
	if p.pause != nil {
		close(p.pause)
		p.pause = nil
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed, at the end of the test
		}
		p.pumps.Go(func() { p.serve(client) })
	}
}

// serve joins a connection with one to the target until either ends.
func (p *Proxy) serve(client net.Conn) {
	defer client.Close()
	dialer := net.Dialer{Timeout: Patience}
	if p.from != nil {
		dialer.LocalAddr = p.from
	}
	server, err := dialer.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer server.Close()
	if !p.join(client, server) {
		return
	}
	defer p.part(client, server)
	nats := &natsReader{published: p.publish}
	var down sync.WaitGroup
	down.Go(func() { p.pump(server, client, p.countDown) })
	p.pump(client, server, func(b []byte) { p.countUp(b); nats.read(b) })
	down.Wait()
}

// join notes a connection, unless the wire is cut.
func (p *Proxy) join(ends ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		return false
	}
	p.seen.Connections++
	for _, end := range ends {
		p.ends[end] = true
	}
	return true
}

func (p *Proxy) part(ends ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, end := range ends {
		delete(p.ends, end)
	}
}

// pump passes on what comes until an end fails, and ends both. What is counted
// was sent, even if a pause keeps it back.
func (p *Proxy) pump(from, to net.Conn, count func([]byte)) {
	defer from.Close()
	defer to.Close()
	for b := make([]byte, 32<<10); ; {
		n, err := from.Read(b)
		if n > 0 {
			count(b[:n])
			p.await()
			if _, err := to.Write(b[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

// await waits for the end of a pause.
func (p *Proxy) await() {
	p.mu.Lock()
	pause := p.pause
	p.mu.Unlock()
	if pause != nil {
		<-pause
	}
}

func (p *Proxy) countUp(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.Up += int64(len(b))
	p.seen.LastUp = time.Now()
}

func (p *Proxy) countDown(b []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen.Down += int64(len(b))
}

func (p *Proxy) publish(subject string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.seen.Published[subject]
	p.seen.Published[subject] = Published{Count: n.Count + 1, Last: time.Now()}
}
