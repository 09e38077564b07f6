package door

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"sync"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"
)

// Door is the listener and the embedded server. Make one with New; Start the
// server, Open the listener, Close the listener, Stop all.
type Door struct {
	cfg      Config
	secrets  map[Role]string // what the parts inside show
	log      *bridge
	srv      *server.Server
	agents   *server.Account
	edge     *server.Account
	slots    chan struct{} // one for each outside connection
	guests   *guests
	refusals *refusals
	counts   counts
	numbers  numbers

	files sync.Mutex  // held while the stream's files are opened, or removed
	root  fs.FileInfo // of their directory when they were opened; nil: never

	mu       sync.Mutex
	listener net.Listener // nil unless open
	addr     net.Addr     // kept after the listener is closed
	wg       sync.WaitGroup
}

// New returns a door that does nothing yet.
func New(cfg Config) (*Door, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Door{
		cfg:      cfg,
		secrets:  map[Role]string{},
		log:      newBridge(cfg.Logger, cfg.StreamDir),
		slots:    make(chan struct{}, cfg.MaxConns),
		guests:   newGuests(cfg.MaxConns),
		refusals: newRefusals(cfg.Logger),
	}
	if cfg.StoreCredential != "" {
		d.slots = make(chan struct{}, cfg.MaxConns+storeConns+deskConns)
	}
	for role := range roles {
		d.secrets[role] = rand.Text()
	}
	return d, nil
}

// Open binds the address and begins to accept. The error wraps [ErrPortInUse]
// when another process has it. Call it after Start, when all that answers
// agents is ready.
func (d *Door) Open(ctx context.Context) error {
	if d.srv == nil {
		return fmt.Errorf("open the door: %w", ErrStopped)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", d.cfg.Listen.String())
	if PortInUse(err) {
		return fmt.Errorf("listen on %s: %w: stop the process that has it, or choose another port (0 gives a free one)",
			d.cfg.Listen, ErrPortInUse)
	}
	if err != nil {
		return fmt.Errorf("listen on %s: %w", d.cfg.Listen, err)
	}
	d.mu.Lock()
	d.listener, d.addr = l, l.Addr()
	d.mu.Unlock()
	d.wg.Go(func() { d.accept(l) })
	return nil
}

// wsaInUse is what Windows answers for a port in use; its syscall package has
// another number under the portable name.
const wsaInUse = syscall.Errno(10048)

// PortInUse says whether listening failed because another process has the
// address.
func PortInUse(err error) bool {
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, wsaInUse)
}

// Addr returns the address that the door listens on, or listened on; nil
// before Open.
func (d *Door) Addr() net.Addr {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.addr
}

// Close accepts no further connections; those that are up stay.
func (d *Door) Close() error {
	d.mu.Lock()
	l := d.listener
	d.listener = nil
	d.mu.Unlock()
	if l == nil {
		return nil
	}
	if err := l.Close(); err != nil {
		return fmt.Errorf("close the door: %w", err)
	}
	return nil
}

// Stop closes the listener, every connection and the server, and returns when
// all have ended or ctx has. What JetStream holds is synced and stays.
func (d *Door) Stop(ctx context.Context) error {
	err := d.Close()
	d.guests.closeAll()
	done := make(chan struct{})
	go func() { // ends with the server, which Shutdown ends
		defer close(done)
		if d.srv != nil {
			d.srv.Shutdown()
			d.srv.WaitForShutdown()
		}
		d.wg.Wait()
	}()
	select {
	case <-done:
		return err
	case <-ctx.Done():
		return errors.Join(err, fmt.Errorf("stop the embedded server: %w", ctx.Err()))
	}
}
