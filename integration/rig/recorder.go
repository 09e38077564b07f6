package rig

import (
	"bytes"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Recorder stands between two parts of Tacit, passes on what they say, and keeps
// every byte of it.
type Recorder struct {
	target   string
	listener net.Listener
	pumps    sync.WaitGroup

	mu       sync.Mutex
	up, down bytes.Buffer
	ends     []net.Conn
	before   *moment
}

// moment is when something is published for the n-th time.
type moment struct {
	head []byte
	n    int
	do   func()
}

// NewRecorder listens on a free port of loopback and passes on to target, a host
// and port.
func NewRecorder(t testing.TB, target string) *Recorder {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &Recorder{target: target, listener: l}
	r.pumps.Go(r.accept)
	t.Cleanup(func() {
		_ = l.Close()
		r.mu.Lock()
		for _, end := range r.ends {
			_ = end.Close()
		}
		r.mu.Unlock()
		r.pumps.Wait()
	})
	return r
}

// Address returns host and port to connect to.
func (r *Recorder) Address() string { return r.listener.Addr().String() }

// Recorded returns what was said so far: first by those who connect, then to
// them.
func (r *Recorder) Recorded() []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append(bytes.Clone(r.up.Bytes()), r.down.Bytes()...)
}

// Envelopes returns the envelopes that were sent so far, when one agent speaks
// NATS without TLS.
func (r *Recorder) Envelopes(t testing.TB) [][]byte { return r.Published(t, Put) }

// Published returns what was published so far on a subject, in NATS without TLS. A
// client writes "PUB subject inbox length", a line end, and the bytes.
func (r *Recorder) Published(t testing.TB, subject string) (out [][]byte) {
	t.Helper()
	r.mu.Lock()
	rest := bytes.Clone(r.up.Bytes())
	r.mu.Unlock()
	for {
		i := bytes.Index(rest, []byte("\nPUB "+subject+" ")) // CONNECT came before
		if i < 0 {
			return out
		}
		line, after, ok := bytes.Cut(rest[i+1:], []byte("\r\n"))
		words := strings.Fields(string(line))
		length, err := strconv.Atoi(words[len(words)-1])
		if !ok || length > len(after) {
			return out // it is being sent
		}
		if err != nil || length < 0 {
			t.Fatalf("the wire is not NATS: %q", line)
		}
		out = append(out, after[:length])
		rest = after[length:]
	}
}

// Before does something once, before the n-th that is published on a subject is
// passed on, counted from the first connection.
func (r *Recorder) Before(subject string, n int, do func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.before = &moment{head: []byte("\nPUB " + subject + " "), n: n, do: do}
}

// come returns what is to be done now. The caller holds mu.
func (r *Recorder) come() func() {
	if r.before == nil || bytes.Count(r.up.Bytes(), r.before.head) < r.before.n {
		return func() {}
	}
	do := r.before.do
	r.before = nil
	return do
}

func (r *Recorder) accept() {
	for {
		client, err := r.listener.Accept()
		if err != nil {
			return // closed, at the end of the test
		}
		server, err := net.Dial("tcp", r.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		r.mu.Lock()
		r.ends = append(r.ends, client, server)
		r.mu.Unlock()
		r.pumps.Go(func() { r.pump(client, server, &r.up) })
		r.pumps.Go(func() { r.pump(server, client, &r.down) })
	}
}

// pump passes on what one end says until either has enough. It is kept before it
// is passed on, so that whoever sees what it led to finds it here.
func (r *Recorder) pump(from, to net.Conn, kept *bytes.Buffer) {
	_, _ = io.Copy(to, io.TeeReader(from, keeper{r, kept}))
	_ = to.Close() // and with it the other way
}

// keeper keeps what is written to it.
type keeper struct {
	r    *Recorder
	kept *bytes.Buffer
}

func (k keeper) Write(b []byte) (int, error) {
	k.r.mu.Lock()
	n, err := k.kept.Write(b)
	do := k.r.come()
	k.r.mu.Unlock()
	do()
	return n, err
}
