package datadir

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/tacit-telemetry/tacit/internal/durable"
)

// maxSocketPath is the longest path that every system takes for a Unix socket
// (macOS: 104 bytes with the final zero).
const maxSocketPath = 103

// tokenHeader carries the token where a socket cannot be had.
const tokenHeader = "Tacit-Token"

// door is the file beside a loopback listener: where it is, and the proof that
// the caller can read this directory.
type door struct {
	Address string `json:"address"`
	Token   string `json:"token"`
}

// Listener is a local HTTP endpoint, found by its name in DIR/run.
type Listener struct {
	net.Listener
	token string // empty on a Unix socket
	path  string // what Close removes
}

// Listen opens the endpoint called name in dir: a Unix socket, or loopback TCP
// with a token file where there are no Unix sockets or the path is too long.
// mode says who may call: 0o666 everybody on this host, 0o600 the owner.
func Listen(dir, name string, mode fs.FileMode) (*Listener, error) {
	path, doorPath := filepath.Join(dir, name+".sock"), filepath.Join(dir, name+".door")
	// Names without a listener are left by a crash. The caller holds the
	// directory's lock, so nobody else is listening there.
	for _, stale := range []string{path, doorPath} {
		if err := os.Remove(stale); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("listen on socket: %w", err)
		}
	}
	if runtime.GOOS == "windows" || len(path) > maxSocketPath {
		return listenLoopback(doorPath, mode)
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen on socket: %w", err)
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(fmt.Errorf("listen on socket: %w", err), l.Close())
	}
	return &Listener{Listener: l, path: path}, nil
}

func listenLoopback(path string, mode fs.FileMode) (*Listener, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen on loopback: %w", err)
	}
	d := door{Address: l.Addr().String(), Token: rand.Text()}
	b, err := json.Marshal(d)
	if err == nil {
		// Who may call reads the file; only its owner says where to call.
		err = durable.WriteFile(path, b, mode&0o644)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("listen on loopback: %w", err), l.Close())
	}
	return &Listener{Listener: l, token: d.Token, path: path}, nil
}

// Close closes the listener and removes its name.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	if rm := os.Remove(l.path); rm != nil && !errors.Is(rm, fs.ErrNotExist) {
		err = errors.Join(err, rm)
	}
	return err
}

// Handler wraps h so that, on loopback, only callers who can read the token
// file are served: a web page that a browser shows cannot.
func (l *Listener) Handler(h http.Handler) http.Handler {
	if l.token == "" {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get(tokenHeader)), []byte(l.token)) != 1 {
			http.Error(w, "token missing or wrong", http.StatusForbidden)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// Client returns an HTTP client for the endpoint called name in dir. The host
// in its URLs is not looked at: use http://tacit/. A request fails with an
// error for which NotRunning is true when nobody listens.
func Client(dir, name string) *http.Client { return &http.Client{Transport: &transport{dir, name}} }

// Dial connects to the endpoint called name in dir, for one request that the
// caller writes himself, and adds to its header what the endpoint asks for. On a
// Unix socket it never waits; on loopback at most for patience. The error of a
// missing listener is as [Client]'s.
func Dial(ctx context.Context, patience time.Duration, dir, name string, h http.Header) (net.Conn, error) {
	at, err := find(dir, name)
	if err != nil {
		return nil, err
	}
	if at.token != "" {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, patience)
		defer cancel()
	}
	at.prove(h)
	return at.dial(ctx)
}

// Opened returns when the endpoint called name in dir was opened: another time
// is another listener, which knows nothing of what the one before was told. The
// error of a missing listener is as [Client]'s.
func Opened(dir, name string) (time.Time, error) {
	info, err := os.Stat(filepath.Join(dir, name+".door"))
	if err != nil {
		info, err = os.Stat(filepath.Join(dir, name+".sock"))
	}
	if err != nil {
		return time.Time{}, fmt.Errorf("look at socket: %w", err)
	}
	return info.ModTime(), nil
}

// NotRunning says whether the error of a Client means that nobody listens.
func NotRunning(err error) bool {
	var op *net.OpError
	return errors.Is(err, fs.ErrNotExist) || errors.As(err, &op) && op.Op == "dial"
}

// place is where an endpoint is.
type place struct{ network, address, token string }

// find looks where the endpoint is now: it moves when its owner starts again.
func find(dir, name string) (place, error) {
	path := filepath.Join(dir, name+".door")
	b, err := os.ReadFile(path)
	if err != nil {
		return place{network: "unix", address: filepath.Join(dir, name+".sock")}, nil
	}
	var at door
	if err := json.Unmarshal(b, &at); err != nil {
		return place{}, fmt.Errorf("read %s: %w", path, err)
	}
	return place{network: "tcp", address: at.Address, token: at.Token}, nil
}

func (p place) dial(ctx context.Context) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, p.network, p.address)
}

// prove shows that the caller can read the directory.
func (p place) prove(h http.Header) {
	if p.token != "" {
		h.Set(tokenHeader, p.token)
	}
}

// transport finds the endpoint anew for every connection, so that a client
// outlives a restart of the other side.
type transport struct{ dir, name string }

// RoundTrip implements [http.RoundTripper].
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	at, err := find(t.dir, t.name)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	at.prove(r.Header)
	base := http.Transport{
		DisableKeepAlives: true, ResponseHeaderTimeout: 2 * time.Minute,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return at.dial(ctx) },
	}
	return base.RoundTrip(r)
}
