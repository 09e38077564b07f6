package relay

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"path/filepath"

	"github.com/tacit-telemetry/tacit/internal/web"
	"github.com/tacit-telemetry/tacit/relay/console"
	"github.com/tacit-telemetry/tacit/relay/door"
)

// ErrConsolePort says that another process listens on the console's address.
// Stop it, or choose another port (0 gives a free one).
var ErrConsolePort = errors.New("the console's port is in use")

// startConsole serves the console until Stop, when there is one.
func (r *Relay) startConsole(ctx context.Context) error {
	if r.cfg.Console == nil {
		return nil
	}
	addr, err := resolve(ctx, r.cfg.Console.Listen)
	if err != nil {
		return fmt.Errorf("console: %w", err)
	}
	secure := !addr.Addr().IsLoopback()
	if secure && r.cfg.TLS == nil {
		return fmt.Errorf("console: listen on %s: without TLS only loopback is allowed: set a certificate, or listen on 127.0.0.1", addr)
	}
	c, err := console.New(console.Config{
		Dir: filepath.Join(r.cfg.Dir, "console"), TLS: secure, Simulated: r.cfg.Console.Simulated, Policy: r.site, Note: r.site.Note,
		Stats: r.consoleStats, Registry: r.cfg.Registry, Agent: r.cfg.Console.Agent, AgentFile: r.agentFile,
		RecoverCommand: r.cfg.Console.RecoverCommand, Now: r.cfg.Now, Logger: r.cfg.Logger,
	})
	if err != nil {
		return err
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr.String())
	if door.PortInUse(err) {
		return fmt.Errorf("listen on %s: %w: stop the process that has it, or choose another port (0 gives a free one)", addr, ErrConsolePort)
	}
	if err != nil {
		return fmt.Errorf("console: listen on %s: %w", addr, err)
	}
	r.mu.Lock()
	r.console, r.consoleAddr = c, l.Addr()
	r.mu.Unlock()
	r.serve(web.Server(c.Handler()), l, secure)
	return nil
}

// serve serves until Stop, which lets requests end that are being answered.
func (r *Relay) serve(s *http.Server, l net.Listener, secure bool) {
	ended := make(chan error, 1)
	go func() {
		if secure {
			s.TLSConfig = r.cfg.TLS.Clone()
			ended <- s.ServeTLS(l, "", "")
			return
		}
		ended <- s.Serve(l)
	}()
	r.onStop("console", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, consoleWithin)
		defer cancel()
		err := s.Shutdown(ctx)
		if err != nil {
			err = errors.Join(err, s.Close())
		}
		if served := <-ended; !errors.Is(served, http.ErrServerClosed) {
			err = errors.Join(err, served)
		}
		return err
	})
}

// ConsoleAddr returns the address of the console; nil before Start, or without
// one.
func (r *Relay) ConsoleAddr() net.Addr {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.consoleAddr
}

// SetupCode returns a new one-time code for the console's first account while
// there is none; "" afterwards, and without a console.
func (r *Relay) SetupCode() (string, error) {
	r.mu.Lock()
	c := r.console
	r.mu.Unlock()
	if c == nil {
		return "", nil
	}
	return c.SetupCode()
}

// agentFile is what the console's downloaded file says.
func (r *Relay) agentFile() console.AgentFile {
	f := r.cfg.Console.AgentFile
	if len(f.Relays) == 0 && r.Addr() != nil {
		scheme := "nats://"
		if r.cfg.TLS != nil {
			scheme = "tls://"
		}
		f.Relays = []string{scheme + r.Addr().String()}
	}
	if f.Credential == "" {
		f.Credential = r.cfg.Credential
	}
	if f.VendorKey == "" {
		f.VendorKey = hex.EncodeToString(r.cfg.VendorKey)
	}
	return f
}

// consoleStats returns the counts as the console shows them.
func (r *Relay) consoleStats() console.Stats {
	s := r.Stats()
	refused := s.Gate.Refused
	return console.Stats{
		Agents: s.Door.Agents, Passed: s.Gate.Passed, Bytes: s.Gate.Bytes, Refused: refused.Total(), RefusedBy: refused.ByReason(),
		Thin: s.Pool.Thin, Forwarded: s.Pool.Passed, Waiting: s.Pool.Items, Upstream: string(s.Forward.Upstream),
	}
}
