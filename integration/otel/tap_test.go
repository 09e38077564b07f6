package otel

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// tap passes on what is said between two sides, and keeps all of it.
type tap struct {
	listener net.Listener
	pumps    sync.WaitGroup

	mu   sync.Mutex
	kept bytes.Buffer
	ends []net.Conn
}

// newTap listens on a free port of loopback and passes on to target.
func newTap(t *testing.T, target string) *tap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &tap{listener: l}
	p.pumps.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return // closed, at the end of the test
			}
			p.join(client, target)
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		p.mu.Lock()
		for _, end := range p.ends {
			_ = end.Close()
		}
		p.mu.Unlock()
		p.pumps.Wait()
	})
	return p
}

func (p *tap) address() string { return p.listener.Addr().String() }

// recorded returns what was said so far, both ways.
func (p *tap) recorded() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.kept.Bytes())
}

func (p *tap) join(client net.Conn, target string) {
	server, err := net.Dial("tcp", target)
	if err != nil {
		_ = client.Close()
		return
	}
	p.mu.Lock()
	p.ends = append(p.ends, client, server)
	p.mu.Unlock()
	for _, pair := range [][2]net.Conn{{client, server}, {server, client}} {
		p.pumps.Go(func() {
			_, _ = io.Copy(pair[1], io.TeeReader(pair[0], p)) // until either side has enough
			_, _ = pair[0].Close(), pair[1].Close()
		})
	}
}

// Write keeps what is said.
func (p *tap) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept.Write(b)
}
