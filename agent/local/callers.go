package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// How many connections there may be at once: each costs some memory before
// anything is asked on it.
const (
	maxConnections      = 512
	maxConnectionsOfOne = 64
)

// caller is whoever asks: a process where the kernel names the one at the other
// end of a Unix socket, else a connection. It is for limits alone, and is
// neither told nor kept.
type caller struct {
	process    int
	connection uint64
}

// callers knows who is at the other end of every connection, and how many each
// caller has.
type callers struct {
	mu   sync.Mutex
	next uint64
	of   map[net.Conn]caller
	has  map[caller]int
}

func newCallers() *callers {
	return &callers{of: map[net.Conn]caller{}, has: map[caller]int{}}
}

// enter takes a connection in, or says that there are too many.
func (cs *callers) enter(c net.Conn) bool {
	who := caller{process: peer(c)}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if who.process == 0 {
		cs.next++
		who.connection = cs.next
	}
	if len(cs.of) >= maxConnections || cs.has[who] >= maxConnectionsOfOne {
		return false
	}
	cs.of[c] = who
	cs.has[who]++
	return true
}

// follow forgets connections that ended.
func (cs *callers) follow(c net.Conn, state http.ConnState) {
	if state != http.StateClosed && state != http.StateHijacked {
		return
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	who, ok := cs.of[c]
	if !ok {
		return
	}
	delete(cs.of, c)
	if cs.has[who]--; cs.has[who] == 0 {
		delete(cs.has, who)
	}
}

// callerKey is the key of a request's caller.
type callerKey struct{}

// name puts the caller of a connection into the context of its requests.
func (cs *callers) name(ctx context.Context, c net.Conn) context.Context {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	return context.WithValue(ctx, callerKey{}, cs.of[c])
}

// callerOf returns who asks; all are one where there are no connections.
func callerOf(ctx context.Context) caller {
	who, _ := ctx.Value(callerKey{}).(caller)
	return who
}

// entrance is a listener that turns away connections beyond the bounds.
type entrance struct {
	net.Listener
	callers *callers
	refused *tally
}

// Accept returns the next connection that is within the bounds.
func (e entrance) Accept() (net.Conn, error) {
	for {
		c, err := e.Listener.Accept()
		if err != nil || e.callers.enter(c) {
			return c, err
		}
		e.refused.add(refusedConnections)
		_ = turnAway(c) // it may be gone already
	}
}

// turnAway answers a connection without reading from it. What is written fits
// into the buffer of a new connection: nobody waits.
func turnAway(c net.Conn) error {
	const body = `{"error":"too many connections","hint":"keep a connection and use it again"}` + "\n"
	_, err := fmt.Fprintf(c, "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\n"+
		"Retry-After: %d\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", busyPause/time.Second, len(body), body)
	return errors.Join(err, c.Close())
}
