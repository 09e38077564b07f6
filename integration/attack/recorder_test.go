package attack

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"
)

// recorder passes on what an agent and its relay say, and keeps every byte.
type recorder struct {
	target   string
	listener net.Listener
	pumps    sync.WaitGroup

	mu    sync.Mutex
	bytes bytes.Buffer
	ends  []net.Conn
}

// newRecorder listens on a free port, and passes on to target.
func newRecorder(t *testing.T, target string) *recorder {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &recorder{target: target, listener: l}
	r.pumps.Go(r.accept)
	t.Cleanup(func() {
		_ = l.Close()
		r.mu.Lock()
		for _, c := range r.ends {
			_ = c.Close()
		}
		r.mu.Unlock()
		r.pumps.Wait()
	})
	return r
}

func (r *recorder) accept() {
	for {
		from, err := r.listener.Accept()
		if err != nil {
			return
		}
		to, err := net.Dial("tcp", r.target)
		if err != nil {
			_ = from.Close()
			continue
		}
		r.mu.Lock()
		r.ends = append(r.ends, from, to)
		r.mu.Unlock()
		for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
			r.pumps.Go(func() {
				_, _ = io.Copy(io.MultiWriter(way[1], r), way[0])
				_ = way[1].Close()
			})
		}
	}
}

// Write keeps bytes.
func (r *recorder) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.bytes.Write(b)
}

// recorded returns all that was said so far, in both directions.
func (r *recorder) recorded() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return bytes.Clone(r.bytes.Bytes())
}
